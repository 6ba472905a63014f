import { Alert, Button } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'
import { problemOf } from '../ask.ts'
import { Failed } from './states.tsx'

interface Props {
  error: unknown
  /** Shown when somebody else saved in between (conflict.tsx). */
  conflict?: ReactNode
  /** What is being made is another one than the twin that was made minutes ago. */
  onAnother?(): void
  /** Fields that show their fault themselves. */
  shownAtFields: string[]
}

const twinMade = 'urn:tiepdan:problem:twin-made'

/** The screen of a thing that the server names as `kind:id`. */
export function placeOf(subject: string): string | undefined {
  const [kind = '', id = ''] = subject.split(':')
  const folder = { case: 'vu-viec', hearing: 'buoi-tiep', 'test-call': 'kiem-thu' }[kind]
  return folder === undefined || id === '' ? undefined : `/${folder}/${id}`
}

/** What was to be saved is there already, or seems to be: the way to it, and on where it is another one. */
function AlreadyMade({
  error,
  place,
  onAnother,
}: {
  error: unknown
  place: string
  onAnother: (() => void) | undefined
}) {
  const { title, code } = problemOf(error)
  return (
    <Alert color="orange" title={title} role="alert">
      <div className="buttons">
        <Button size="xs" color="orange" component={Link} to={place}>
          Mở bản đã có{typeof code === 'string' && ` (${code})`}
        </Button>
        {onAnother && (
          <Button size="xs" variant="default" onClick={onAnother}>
            Không phải, vẫn lưu thêm
          </Button>
        )}
      </div>
    </Alert>
  )
}

/** Why a form was not saved; what was typed is kept and the person decides. */
export function NotSaved({ error, conflict, onAnother, shownAtFields }: Props) {
  useEffect(() => {
    // The first field to mend may be far above the button that was pressed.
    if (error != null) document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus()
  }, [error])
  if (error == null) return null
  const { type, made } = problemOf(error)
  if (typeof made === 'string' && placeOf(made) !== undefined)
    return (
      <AlreadyMade error={error} place={placeOf(made) ?? '/'} onAnother={type === twinMade ? onAnother : undefined} />
    )
  if (type === 'urn:tiepdan:problem:conflict' && conflict !== undefined) return conflict
  return <Failed error={error} without={shownAtFields} />
}
