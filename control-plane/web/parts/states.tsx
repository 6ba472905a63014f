import { Alert, Badge, Button, Center, Group, Loader, Stack, Text } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { type Asked, problemOf } from '../ask.ts'

interface ShownProps<T> {
  asked: Asked<T>
  empty?: ReactNode
  isEmpty?: (seen: T) => boolean
  children: (seen: T) => ReactNode
}

/** A screen's part in one of its states: loading, failed with what to do, empty, or shown. */
export function Shown<T>({ asked, empty, isEmpty, children }: ShownProps<T>) {
  if (asked.data === undefined) {
    return asked.isError ? <Failed error={asked.error} onAgain={() => asked.refetch()} /> : <Waiting />
  }
  return (
    <>
      {asked.isError && <Failed error={asked.error} onAgain={() => asked.refetch()} />}
      {isEmpty?.(asked.data) ? (
        <Text c="dimmed" py="lg">
          {empty}
        </Text>
      ) : (
        children(asked.data)
      )}
    </>
  )
}

/** Says that it works, and after a while that it takes longer than it should. */
export function Waiting() {
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 5_000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Center p="xl" role="status">
      <Loader type="bars" size="sm" />
      <Text ml="md">{long ? 'Đang tải, lâu hơn thường lệ. Vui lòng chờ…' : 'Đang tải…'}</Text>
    </Center>
  )
}

/** What went wrong, in the server's words, and the way on. `without`: fields whose faults already stand beside them. */
export function Failed({ error, onAgain, without }: { error: unknown; onAgain?: () => void; without?: string[] }) {
  const problem = problemOf(error)
  const faults = (problem.faults ?? []).filter(({ field }) => !without?.includes(field.replace(/^body\./, '')))
  return (
    <Alert color="red" title={problem.title} role="alert">
      {problem.detail}
      {faults.length > 0 && (
        <ul className="plain-list">
          {faults.map((fault) => (
            <li key={`${fault.field}${fault.message}`}>{fault.message}</li>
          ))}
        </ul>
      )}
      {onAgain && (
        <Button mt="xs" size="xs" variant="light" color="red" onClick={onAgain}>
          Thử lại
        </Button>
      )}
    </Alert>
  )
}

interface PageProps {
  title: string
  /** What stands small above the title, such as a code. */
  over?: ReactNode
  badge?: { text: string; colour: string } | undefined
  actions?: ReactNode
  children: ReactNode
}

export function Page({ title, over, badge, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} – Tiếp công dân trực tuyến`
  }, [title])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end" className="no-print">
        <div className="grow">
          {over !== undefined && (
            <Text size="sm" c="dimmed" component="div">
              {over}
            </Text>
          )}
          <Group gap="sm">
            <Text component="h1" fz={{ base: 20, sm: 24 }} fw={700} m={0} lh={1.3}>
              {title}
            </Text>
            {badge && (
              <Badge color={badge.colour} variant="light" size="lg">
                {badge.text}
              </Badge>
            )}
          </Group>
        </div>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children}
    </Stack>
  )
}

/** Names and values in two columns that fold to one on a phone. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
