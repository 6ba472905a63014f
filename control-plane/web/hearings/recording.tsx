import type { HearingAnswer } from '../../contract/hearings.ts'
import { hearingRecording } from '../../contract/recordings.ts'
import { useAsk } from '../ask.ts'
import { Shown } from '../parts/states.tsx'
import { RecordingView } from '../recordings/view.tsx'

/** The recording of this hearing: its parts on their way, then the film. */
export default function RecordingTab({ hearing }: { hearing: HearingAnswer }) {
  const asked = useAsk(['recording', 'of', hearing.id], hearingRecording, { params: { id: hearing.id } })
  return (
    <Shown
      asked={asked}
      isEmpty={({ recording }) => recording === null}
      empty="Bản ghi hình bắt đầu cùng buổi tiếp và tự về kho lưu trữ trung tâm khi kết thúc."
    >
      {({ recording }) => recording !== null && <RecordingView recording={recording} />}
    </Shown>
  )
}
