import { Alert } from '@mantine/core'
import { pictureNowWords, soundNowWords } from '../../contract/recording-content.ts'
import type { Recording } from '../../contract/recordings.ts'

/** What the file that is being written lacks now, in words. */
export const lackingNow = ({ now }: Recording): string[] =>
  now === null ? [] : [soundNowWords(now), pictureNowWords(now)].filter((words) => words !== null)

/** A recording that runs without sound or picture: what to do while the hearing goes on. */
export function LackingNow({ recording }: { recording: Recording }) {
  const lacking = lackingNow(recording)
  if (lacking.length === 0) return null
  return (
    <Alert color="red" mt="sm" title={`Bản ghi đang chạy ${lacking.join(' và ')}`} role="alert">
      Hỏi ngay trong phòng họp: mọi người có nghe, nhìn thấy nhau không? Không: nhắc bật micro, camera. Có: bấm “Ghi lại
      bằng máy khác” ở mục Phòng họp. Đang tạm nghỉ thì không cần làm gì.
    </Alert>
  )
}
