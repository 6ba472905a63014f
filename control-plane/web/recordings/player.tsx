import { Alert, Anchor, Card, Group, NativeSelect, Text, Title } from '@mantine/core'
import { useRef, useState } from 'react'
import type { Recording, RecordingPart } from '../../contract/recordings.ts'
import { duration } from '../parts/words.ts'
import { TimeLine } from './time-line.tsx'

const speeds = ['0.5', '0.75', '1', '1.25', '1.5', '2']

interface Place {
  partId: string
  /** Where to go on in the part once it is loaded, in seconds. */
  seconds: number
}

/** The part and the second in it that a moment of the whole recording falls on; the parts follow one another. */
function placeOf(parts: RecordingPart[], ms: number): Place | undefined {
  let left = ms
  for (const [index, part] of parts.entries()) {
    const length = part.durationMs ?? 0
    if (left < length || index === parts.length - 1) return { partId: part.id, seconds: left / 1000 }
    left -= length
  }
  return undefined
}

/** Plays a recording as one film: parts after one another, chapters, speed, seek by range. */
export function Player({ recording }: { recording: Recording }) {
  const parts = recording.parts.filter((part) => part.mediaUrl !== null)
  const [chosen, setChosen] = useState<Place | undefined>(undefined)
  const [speed, setSpeed] = useState('1')
  const [broken, setBroken] = useState(false)
  const film = useRef<HTMLVideoElement>(null)
  const part = parts.find(({ id }) => id === chosen?.partId) ?? parts[0]
  if (part === undefined || !recording.may.includes('watch')) return null
  const go = (place: Place | undefined, play = true): void => {
    if (place === undefined) return
    setBroken(false)
    if (place.partId === part.id && film.current !== null) {
      film.current.currentTime = place.seconds
      if (play) film.current.play().catch(() => setBroken(film.current?.error != null))
    } else setChosen(place)
  }
  const next = parts[parts.indexOf(part) + 1]
  return (
    <Card withBorder>
      <div className="film">
        <div>
          {/* biome-ignore lint/a11y/useMediaCaption: a recording of a hearing has no captions; its minutes are the text. */}
          <video
            key={part.id}
            ref={film}
            className="player"
            controls
            preload="metadata"
            src={part.mediaUrl ?? undefined}
            poster={part.posterUrl ?? undefined}
            autoPlay={chosen !== undefined}
            onLoadedMetadata={({ currentTarget }) => {
              currentTarget.playbackRate = Number(speed)
              if (chosen?.partId === part.id) currentTarget.currentTime = chosen.seconds
            }}
            onError={() => setBroken(true)}
            onEnded={() => next && setChosen({ partId: next.id, seconds: 0 })}
          />
          {broken && (
            <Alert color="red" role="alert">
              Không phát được phần này. Vui lòng tải lại trang; nếu vẫn lỗi, đề nghị báo Văn phòng kiểm tra kho lưu trữ.
            </Alert>
          )}
          <Group justify="space-between" mt="xs">
            <Text size="sm">
              {parts.length > 1 ? `Phần ${parts.indexOf(part) + 1} trong ${parts.length}, ` : ''}
              {duration(part.durationMs)}
              {part.width !== null && `, ${part.width}×${part.height}`}
            </Text>
            <Group gap="sm">
              <NativeSelect
                aria-label="Tốc độ phát"
                size="xs"
                value={speed}
                onChange={(event) => {
                  setSpeed(event.currentTarget.value)
                  if (film.current) film.current.playbackRate = Number(event.currentTarget.value)
                }}
                data={speeds.map((value) => ({ value, label: `Tốc độ ${value.replace('.', ',')}×` }))}
              />
              <Anchor href={`${part.mediaUrl}?download=true`} size="sm">
                Tải phần này về
              </Anchor>
            </Group>
          </Group>
        </div>
        {recording.chapters.length > 0 && (
          <nav aria-label="Các bước kịch bản">
            <Title order={3} size="h5" mb="xs">
              Kịch bản
            </Title>
            <ol className="chapters">
              {recording.chapters.map((chapter) => (
                <li key={`${chapter.startMs}${chapter.title}`}>
                  <button type="button" onClick={() => go(placeOf(parts, chapter.startMs))}>
                    <span className="mono">{duration(chapter.startMs)}</span> {chapter.title}
                  </button>
                </li>
              ))}
            </ol>
          </nav>
        )}
      </div>
      <TimeLine recording={recording} onGo={(ms) => go(placeOf(parts, ms))} />
    </Card>
  )
}
