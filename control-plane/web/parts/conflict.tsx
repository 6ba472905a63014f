import { Alert, Button, Radio, Stack, Table, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { problemOf } from '../ask.ts'
import { type Part, type Side, sidesOf } from './conflict-sides.ts'
import { Failed, Waiting } from './states.tsx'

interface Props<T> {
  error: unknown
  parts: Part<T>[]
  base: T
  mine: T
  /** Reads what stands now. */
  read(): Promise<{ typed: T; version: number }>
  onMerged(merged: T, theirs: { typed: T; version: number }): void
  onTakeTheirs(): void
}

/** Somebody else saved in between: who and when, and both sides field by field; nothing is overwritten that was not seen. */
export function Conflict<T>({ error, parts, base, mine, read, onMerged, onTakeTheirs }: Props<T>) {
  const [theirs, setTheirs] = useState<{ typed: T; version: number }>()
  const [failed, setFailed] = useState<unknown>()
  const [chosen, setChosen] = useState<Record<string, Side>>({})
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each refusal.
  useEffect(() => {
    read().then(setTheirs, setFailed)
  }, [error])
  if (failed !== undefined) return <Failed error={failed} onAgain={() => read().then(setTheirs, setFailed)} />
  if (theirs === undefined) return <Waiting />
  const differing = sidesOf(parts, { base, mine, theirs: theirs.typed })
  const sideOf = (name: string, side: Side | undefined): Side | undefined => chosen[name] ?? side
  const open = differing.filter(({ part, side }) => sideOf(part.name, side) === undefined)
  const save = (): void => {
    const merged = differing.reduce(
      (into, { part, side }) => (sideOf(part.name, side) === 'theirs' ? part.take(theirs.typed, into) : into),
      mine,
    )
    onMerged(merged, theirs)
  }
  return (
    <Alert color="orange" title={problemOf(error).title} role="alert">
      <Text mb="xs">Nội dung ông/bà nhập vẫn còn và chưa được lưu. Chọn bên giữ lại cho từng mục khác nhau:</Text>
      <Stack gap="xs">
        {differing.map(({ part, my, their, side }) => (
          <fieldset key={part.name} className="conflict">
            <legend>
              {part.label}
              {side === undefined && ' – cả hai cùng sửa'}
            </legend>
            <Table layout="fixed">
              <Table.Tbody>
                <Table.Tr>
                  {(['mine', 'theirs'] as const).map((one) => (
                    <Table.Td key={one}>
                      <Radio
                        name={part.name}
                        label={one === 'mine' ? 'Của tôi' : 'Bản mới'}
                        checked={sideOf(part.name, side) === one}
                        onChange={() => setChosen({ ...chosen, [part.name]: one })}
                      />
                      <Text size="sm" className="typed">
                        {(one === 'mine' ? my : their) || '(để trống)'}
                      </Text>
                    </Table.Td>
                  ))}
                </Table.Tr>
              </Table.Tbody>
            </Table>
          </fieldset>
        ))}
      </Stack>
      <div className="buttons">
        <Button size="xs" color="orange" onClick={save} disabled={open.length > 0}>
          Lưu theo lựa chọn
        </Button>
        <Button size="xs" variant="default" onClick={onTakeTheirs}>
          Tải bản mới, bỏ nội dung đã nhập
        </Button>
      </div>
    </Alert>
  )
}
