import { Anchor } from '@mantine/core'
import { Link, useParams } from 'react-router'
import { showRecording } from '../../contract/recordings.ts'
import { useAsk } from '../ask.ts'
import { Page, Shown } from '../parts/states.tsx'
import { when } from '../parts/words.ts'
import { RecordingView } from './view.tsx'

/** One recording of the library. */
export default function RecordingDetail() {
  const { id = '' } = useParams()
  const asked = useAsk(['recording', id], showRecording, { params: { id } })
  return (
    <Shown asked={asked}>
      {(recording) => (
        <Page
          title={`Bản ghi hình ${recording.hearingCode}`}
          over={
            <>
              <Anchor component={Link} to="/ban-ghi-hinh" size="sm">
                Bản ghi hình
              </Anchor>{' '}
              /{' '}
              <Anchor component={Link} to={`/buoi-tiep/${recording.hearingId}`} size="sm">
                {recording.hearingTitle}
              </Anchor>{' '}
              · {when(recording.hearingStartsAt)}
            </>
          }
        >
          <RecordingView recording={recording} />
        </Page>
      )}
    </Shown>
  )
}
