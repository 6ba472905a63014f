import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type ParticipantRole, participantRoleLabels, participantRoles } from '../../contract/hearing-plan.ts'
import { samePeople, samePeopleWords } from '../../contract/same-people.ts'
import { blankPerson, type TypedPlan } from './typed-plan.ts'

type Person = TypedPlan['participants'][number]

interface Props {
  rows: TypedPlan['participants']
  faults: Record<string, string>
  /** The rooms of this hearing; a person sits in one of them or joins on an own device. */
  rooms: { id: string; name: string }[]
  onRows(rows: TypedPlan['participants']): void
}

// More people than this stand in a line each, until one is opened: twenty whole ones are 12,000 pixels on a phone.
const allOpenUpTo = 5

/** Who takes part, from where, and who must be there (Điều 2.4). */
export function PeopleEditor({ rows, faults, rooms, onRows }: Props) {
  const [opened, setOpened] = useState<number>()
  const isOpen = (row: Person, index: number): boolean =>
    rows.length <= allOpenUpTo ||
    row.key === opened ||
    row.name.trim() === '' ||
    Object.keys(faults).some((field) => field.startsWith(`participants.${index}.`))
  const add = (): void => {
    const person = blankPerson(rooms[0]?.id ?? null)
    setOpened(person.key)
    onRows([...rows, person])
  }
  return (
    <Stack gap="sm">
      {rows.map((row, index) => {
        const remove = (
          <Button variant="subtle" color="red" size="xs" onClick={() => onRows(rows.toSpliced(index, 1))}>
            Bỏ người thứ {index + 1}
          </Button>
        )
        return (
          <fieldset key={row.key} className="person-row">
            <legend>Người thứ {index + 1}</legend>
            {isOpen(row, index) ? (
              <Fields {...{ rows, faults, rooms, onRows, index, row, remove }} />
            ) : (
              <Line {...{ rooms, index, row, remove }} onOpen={() => setOpened(row.key)} />
            )}
          </fieldset>
        )
      })}
      {faults.participants !== undefined && (
        <Text c="red.8" size="sm">
          {faults.participants}
        </Text>
      )}
      <div>
        <Button variant="light" size="xs" onClick={add}>
          Thêm người tham dự
        </Button>
      </div>
    </Stack>
  )
}

interface LineProps extends Pick<Props, 'rooms'> {
  row: Person
  index: number
  remove: ReactNode
}

/** One person in a line, with the way to his fields. */
function Line({ row, index, rooms, remove, onOpen }: LineProps & { onOpen(): void }) {
  const room = rooms.find(({ id }) => id === row.endpointId)?.name ?? 'thiết bị riêng'
  return (
    <Group justify="space-between" className="person-foot">
      <Text size="sm" className="grow">
        <strong>{row.name}</strong> – {participantRoleLabels[row.role]}, {room}
        {row.required && ', bắt buộc có mặt'}
      </Text>
      <Group gap="xs">
        <Button variant="default" size="xs" aria-label={`Sửa người thứ ${index + 1}`} onClick={onOpen}>
          Sửa
        </Button>
        {remove}
      </Group>
    </Group>
  )
}

function Fields({ rows, faults, rooms, onRows, row, index, remove }: Props & LineProps) {
  const set = (change: Partial<Person>): void =>
    onRows(rows.map((one, at) => (at === index ? { ...one, ...change } : one)))
  const text = (name: 'name' | 'jobTitle' | 'organisation' | 'email', label: string) => ({
    label,
    value: row[name] ?? '',
    error: faults[`participants.${index}.${name}`],
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value
      set({ [name]: value === '' && name !== 'name' ? null : value })
    },
  })
  return (
    <>
      <TextInput {...text('name', 'Họ và tên')} />
      <NativeSelect
        label="Tư cách"
        value={row.role}
        onChange={(event) => set({ role: event.currentTarget.value as ParticipantRole })}
        data={participantRoles.map((value) => ({ value, label: participantRoleLabels[value] }))}
      />
      <NativeSelect
        label="Nơi tham dự"
        value={row.endpointId ?? ''}
        error={faults[`participants.${index}.endpointId`]}
        onChange={(event) => set({ endpointId: event.currentTarget.value || null })}
        data={[
          { value: '', label: 'Thiết bị riêng (nhận liên kết)' },
          ...rooms.map((room) => ({ value: room.id, label: room.name })),
          ...(row.endpointId !== null && !rooms.some((room) => room.id === row.endpointId)
            ? [{ value: row.endpointId, label: 'Điểm cầu không còn trong buổi tiếp' }]
            : []),
        ]}
      />
      <TextInput {...text('jobTitle', 'Chức vụ')} />
      <TextInput {...text('organisation', 'Cơ quan')} />
      <TextInput
        type="email"
        description="Nhận thư mời khi được phê duyệt, thư báo khi hoãn, hủy"
        {...text('email', 'Thư điện tử')}
      />
      {samePeople(rows)
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
          onChange={(event) => set({ required: event.currentTarget.checked })}
        />
        {remove}
      </Group>
    </>
  )
}
