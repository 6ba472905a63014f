import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { faultsOf } from '../ask.ts'
import { Failed } from './states.tsx'

interface Props {
  label: string
  title: string
  /** What will happen, said before it does. */
  explain: string
  /** What is asked for the record; null: only a confirmation. `field`: its name in the faults. */
  ask: { label: string; lines?: boolean; optional?: boolean; field?: string } | null
  colour?: string
  confirm: string
  /** The mutation behind it, for its state. */
  act: { isPending: boolean; error: unknown; reset(): void }
  onConfirm(words: string): Promise<unknown>
  children?: ReactNode
  size?: string
  disabled?: boolean
}

/** A button whose deed is confirmed first, with a reason or number where one is kept. */
export function ReasonButton(props: Props) {
  const { label, title, explain, ask, colour, confirm, act, onConfirm, children } = props
  const [open, setOpen] = useState(false)
  const [words, setWords] = useState('')
  const close = (): void => {
    setOpen(false)
    act.reset()
  }
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    // A refusal stands in the dialog (act.error); what was typed stays.
    const done = await onConfirm(words.trim()).then(
      () => true,
      () => false,
    )
    if (!done) return
    setOpen(false)
    setWords('')
  }
  const field = ask?.field ?? 'reason'
  const fault = faultsOf(act.error)[field]
  const Field = ask?.lines === true ? Textarea : TextInput
  const needed = ask !== null && ask.optional !== true
  return (
    <>
      <Button
        color={colour}
        variant={colour === undefined ? 'filled' : 'light'}
        size={props.size ?? 'sm'}
        disabled={props.disabled}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      <Modal opened={open} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Đóng' }}>
        <form onSubmit={submit}>
          <Stack>
            <Text>{explain}</Text>
            {children}
            {ask !== null && (
              <Field
                label={ask.label}
                required={needed}
                value={words}
                error={fault}
                onChange={(event: { currentTarget: { value: string } }) => setWords(event.currentTarget.value)}
                data-autofocus
                {...(ask.lines === true ? { rows: 3 } : {})}
              />
            )}
            {act.error != null && <Failed error={act.error} without={[field]} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Đóng
              </Button>
              <Button
                type="submit"
                color={colour}
                loading={act.isPending}
                disabled={needed && words.trim() === ''}
                {...(ask === null ? { 'data-autofocus': true } : {})}
              >
                {confirm}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
