import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'
import { blankItem, moved, type TypedPlan } from './typed-plan.ts'

interface Props {
  rows: TypedPlan['agenda']
  faults: Record<string, string>
  onRows(rows: TypedPlan['agenda']): void
}

/** The ordered script of a hearing. */
export function AgendaEditor({ rows, faults, onRows }: Props) {
  const set = (index: number, change: Partial<TypedPlan['agenda'][number]>): void =>
    onRows(rows.map((row, at) => (at === index ? { ...row, ...change } : row)))
  const total = rows.reduce((sum, row) => sum + (Number.isFinite(row.minutes) ? row.minutes : 0), 0)
  return (
    <Stack gap="xs">
      {rows.map((row, index) => (
        <div key={row.key} className="agenda-row">
          <TextInput
            label={`Bước ${index + 1}`}
            value={row.title}
            error={faults[`agenda.${index}.title`]}
            onChange={(event) => set(index, { title: event.currentTarget.value })}
          />
          <TextInput
            label="Phút"
            type="number"
            min={1}
            max={720}
            value={String(row.minutes)}
            error={faults[`agenda.${index}.minutes`]}
            onChange={(event) => set(index, { minutes: Math.trunc(Number(event.currentTarget.value)) })}
          />
          <TextInput
            label="Người phát biểu"
            value={row.speaker ?? ''}
            onChange={(event) => set(index, { speaker: event.currentTarget.value || null })}
          />
          <Group gap={4} wrap="nowrap" className="row-tools">
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Chuyển bước ${index + 1} lên`}
              disabled={index === 0}
              onClick={() => onRows(moved(rows, index, -1))}
            >
              <IconArrowUp size={18} />
            </ActionIcon>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Chuyển bước ${index + 1} xuống`}
              disabled={index === rows.length - 1}
              onClick={() => onRows(moved(rows, index, 1))}
            >
              <IconArrowDown size={18} />
            </ActionIcon>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Bỏ bước ${index + 1}`}
              onClick={() => onRows(rows.toSpliced(index, 1))}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </Group>
        </div>
      ))}
      {faults.agenda !== undefined && (
        <Text c="red.8" size="sm">
          {faults.agenda}
        </Text>
      )}
      <Group>
        <Button variant="light" size="xs" onClick={() => onRows([...rows, blankItem()])}>
          Thêm bước
        </Button>
        {rows.length > 0 && (
          <Text size="sm" c="dimmed">
            Tổng cộng {total} phút
          </Text>
        )}
      </Group>
    </Stack>
  )
}
