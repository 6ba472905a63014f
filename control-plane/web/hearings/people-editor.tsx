import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { type ParticipantRole, participantRoleLabels, participantRoles } from '../../contract/hearing-plan.ts'
import { samePeople, samePeopleWords } from '../../contract/same-people.ts'
import { blankPerson, type TypedPlan } from './typed-plan.ts'

interface Props {
  rows: TypedPlan['participants']
  faults: Record<string, string>
  /** The rooms of this hearing; a person sits in one of them or joins on an own device. */
  rooms: { id: string; name: string }[]
  onRows(rows: TypedPlan['participants']): void
}

/** Who takes part, from where, and who must be there (Điều 2.4). */
export function PeopleEditor({ rows, faults, rooms, onRows }: Props) {
  const set = (index: number, change: Partial<TypedPlan['participants'][number]>): void =>
    onRows(rows.map((row, at) => (at === index ? { ...row, ...change } : row)))
  const text = (index: number, name: 'name' | 'jobTitle' | 'organisation' | 'email', label: string) => ({
    label,
    value: rows[index]?.[name] ?? '',
    error: faults[`participants.${index}.${name}`],
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value
      set(index, { [name]: value === '' && name !== 'name' ? null : value })
    },
  })
  const twice = samePeople(rows)
  return (
    <Stack gap="sm">
      {rows.map((row, index) => (
        <fieldset key={row.key} className="person-row">
          <legend>Người thứ {index + 1}</legend>
          <TextInput {...text(index, 'name', 'Họ và tên')} />
          <NativeSelect
            label="Tư cách"
            value={row.role}
            onChange={(event) => set(index, { role: event.currentTarget.value as ParticipantRole })}
            data={participantRoles.map((value) => ({ value, label: participantRoleLabels[value] }))}
          />
          <NativeSelect
            label="Nơi tham dự"
            value={row.endpointId ?? ''}
            error={faults[`participants.${index}.endpointId`]}
            onChange={(event) => set(index, { endpointId: event.currentTarget.value || null })}
            data={[
              { value: '', label: 'Thiết bị riêng (nhận liên kết)' },
              ...rooms.map((room) => ({ value: room.id, label: room.name })),
              ...(row.endpointId !== null && !rooms.some((room) => room.id === row.endpointId)
                ? [{ value: row.endpointId, label: 'Điểm cầu không còn trong buổi tiếp' }]
                : []),
            ]}
          />
          <TextInput {...text(index, 'jobTitle', 'Chức vụ')} />
          <TextInput {...text(index, 'organisation', 'Cơ quan')} />
          <TextInput
            type="email"
            description="Nhận thư mời khi được phê duyệt, thư báo khi hoãn, hủy"
            {...text(index, 'email', 'Thư điện tử')}
          />
          {twice
            .filter((same) => same.index === index)
            .map((same) => (
              <Text key={same.by} size="sm" c="orange.9" className="person-foot" role="status">
                {samePeopleWords(same, rows)}
              </Text>
            ))}
          <Group justify="space-between" className="person-foot">
            <Checkbox
              label="Bắt buộc có mặt thì mới được bắt đầu"
              checked={row.required}
              onChange={(event) => set(index, { required: event.currentTarget.checked })}
            />
            <Button
              variant="subtle"
              color="red"
              size="xs"
              aria-label={`Bỏ người thứ ${index + 1}`}
              onClick={() => onRows(rows.toSpliced(index, 1))}
            >
              Bỏ người này
            </Button>
          </Group>
        </fieldset>
      ))}
      {faults.participants !== undefined && (
        <Text c="red.8" size="sm">
          {faults.participants}
        </Text>
      )}
      <div>
        <Button variant="light" size="xs" onClick={() => onRows([...rows, blankPerson(rooms[0]?.id ?? null)])}>
          Thêm người tham dự
        </Button>
      </div>
    </Stack>
  )
}
