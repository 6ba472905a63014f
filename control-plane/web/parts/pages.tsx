import { Button, Group, Text } from '@mantine/core'

interface Props {
  total: number
  offset: number
  length: number
  what: string
  onOffset(offset: number): void
}

/** Where in a long list one is, and the way on and back. */
export function Pages({ total, offset, length, what, onOffset }: Props) {
  const last = Math.min(offset + length, total)
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed">
        {total <= length ? `${total} ${what}` : `${offset + 1}–${last} trong ${total} ${what}`}
      </Text>
      {total > length && (
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            disabled={offset === 0}
            onClick={() => onOffset(Math.max(0, offset - length))}
          >
            Trang trước
          </Button>
          <Button variant="default" size="xs" disabled={last >= total} onClick={() => onOffset(offset + length)}>
            Trang sau
          </Button>
        </Group>
      )}
    </Group>
  )
}
