import { Button, Card, Group, Modal, Text, Title } from '@mantine/core'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { useBeforeUnload, useBlocker } from 'react-router'
import { newPress } from '../../contract/press.ts'
import { useMe } from '../session.tsx'
import { type Draft, dropDraft, dropOldDrafts, keepDraft, readDraft } from './drafts.ts'
import { Waiting } from './states.tsx'
import { when } from './words.ts'

/** A form at its beginning: with what the server has, or with what was typed earlier. */
export interface Start<T> {
  typed: T
  base: T
  version: number
  press: string
}

interface DraftedProps<T> {
  /** Which form, of which thing: `case.new`, `hearing.ID`. */
  form: string
  fresh: { typed: T; version: number }
  children: (start: Start<T>) => ReactNode
}

/** Looks for what this person typed into this form and did not save, and offers it before the form opens. */
export function Drafted<T>({ form, fresh, children }: DraftedProps<T>) {
  const { staff, draftKey } = useMe()
  const [found, setFound] = useState<Draft<T> | null>()
  const [start, setStart] = useState<Start<T>>()
  useEffect(() => {
    let over = false
    dropOldDrafts(Date.now())
    readDraft<T>({ id: staff.id, draftKey }, form).then((draft) => {
      if (!over) setFound(draft ?? null)
    })
    return () => {
      over = true
    }
  }, [staff.id, draftKey, form])
  const anew: Start<T> = { ...fresh, base: fresh.typed, press: newPress() }
  if (start !== undefined) return children(start)
  if (found === undefined) return <Waiting />
  if (found === null) {
    setStart(anew)
    return <Waiting />
  }
  const drop = (): void => {
    dropDraft({ id: staff.id, draftKey }, form)
    setStart(anew)
  }
  return (
    <Card withBorder role="region" aria-label="Bản nhập dở">
      <Title order={2} size="h4">
        Ông/bà có nội dung nhập dở lúc {when(found.at)}, chưa lưu vào hệ thống
      </Title>
      <Text my="sm">Nội dung này chỉ có trên máy này, của riêng tài khoản này, và được giữ 7 ngày.</Text>
      <Group>
        <Button onClick={() => setStart(found)}>Nhập tiếp</Button>
        <Button variant="default" onClick={drop}>
          Bỏ, bắt đầu lại
        </Button>
      </Group>
    </Card>
  )
}

const keepEveryMs = 300

/**
 * Keeps what is typed, and asks before it is left. `done`: called once it was saved, before the page goes on.
 */
export function useKept<T>(form: string, now: Start<T>, isChanged: boolean) {
  const { staff, draftKey } = useMe()
  const owner = { id: staff.id, draftKey }
  const isSaved = useRef(false)
  const told = JSON.stringify(now)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `told` stands for all that is kept.
  useEffect(() => {
    if (isSaved.current) return
    if (!isChanged) return dropDraft(owner, form)
    const timer = setTimeout(() => {
      if (!isSaved.current)
        // A browser without room or without storage keeps none; the form goes on.
        keepDraft(owner, form, { ...now, at: new Date().toISOString() }).catch(() => undefined)
    }, keepEveryMs)
    return () => clearTimeout(timer)
  }, [told, isChanged, form])
  const asks = isChanged && !isSaved.current
  useBeforeUnload(
    useCallback(
      (event) => {
        if (asks && !isSaved.current) event.preventDefault()
      },
      [asks],
    ),
  )
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      asks && !isSaved.current && currentLocation.pathname !== nextLocation.pathname,
  )
  const drop = (): void => {
    isSaved.current = true
    dropDraft(owner, form)
  }
  const leaving = blocker.state === 'blocked' && (
    <Modal
      opened
      onClose={() => blocker.reset()}
      title="Rời trang khi chưa lưu?"
      closeButtonProps={{ 'aria-label': 'Đóng' }}
    >
      <Text>Nội dung đã nhập chưa được lưu vào hệ thống. Máy này giữ lại 7 ngày, mở lại biểu mẫu sẽ được hỏi.</Text>
      <Group mt="md" justify="flex-end">
        <Button
          variant="subtle"
          color="red"
          onClick={() => {
            drop()
            blocker.proceed()
          }}
        >
          Rời và bỏ nội dung
        </Button>
        <Button variant="default" onClick={() => blocker.proceed()}>
          Rời trang, giữ bản nháp
        </Button>
        <Button onClick={() => blocker.reset()} data-autofocus>
          Ở lại
        </Button>
      </Group>
    </Modal>
  )
  return { leaving, done: drop }
}
