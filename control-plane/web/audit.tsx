import { Alert, Button, Group, Table, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type AuditVerdict, readAudit, verifyAudit } from '../contract/audit.ts'
import { actorKindLabels, auditActionInWords } from '../contract/audit-words.ts'
import { call } from '../contract/route.ts'
import { useAsk } from './ask.ts'
import { Listing, Row } from './parts/listing.tsx'
import { Failed, Page, Shown } from './parts/states.tsx'
import { whenExactly } from './parts/words.ts'

type Check =
  | { at: 'rest' }
  | { at: 'checking' }
  | { at: 'told'; verdict: AuditVerdict }
  | { at: 'failed'; error: unknown }

/** The audit trail, newest first, and the proof that nobody changed it. */
export default function Audit() {
  const [filter, setFilter] = useState({ subject: '', action: '', actor: '' })
  const [before, setBefore] = useState<number[]>([])
  const [kept, setKept] = useState('')
  const [check, setCheck] = useState<Check>({ at: 'rest' })
  const last = before.at(-1)
  const isHash = /^([0-9a-f]{64})?$/.test(kept)
  const asked = useAsk(['audit'], readAudit, {
    querystring: { ...filter, limit: 50, ...(last === undefined ? {} : { before: last }) },
  })
  const set = (name: keyof typeof filter) => (event: { currentTarget: { value: string } }) => {
    setBefore([])
    setFilter({ ...filter, [name]: event.currentTarget.value })
  }
  const verify = (): void => {
    setCheck({ at: 'checking' })
    call(verifyAudit, { querystring: kept === '' ? {} : { expect: kept } }).then(
      (verdict) => setCheck({ at: 'told', verdict }),
      (error: unknown) => setCheck({ at: 'failed', error }),
    )
  }
  return (
    <Page
      title="Nhật ký hệ thống"
      actions={
        <Button onClick={verify} loading={check.at === 'checking'} disabled={!isHash}>
          Kiểm tra chuỗi mã băm
        </Button>
      }
    >
      <TextInput
        label="Mã băm đã giữ (không bắt buộc)"
        description="Từ thư hằng ngày hoặc sổ. Kiểm tra rồi sẽ biết dòng ấy còn nguyên không, tức là không ai cắt bỏ hay lập lại nhật ký từ khi đó."
        value={kept}
        classNames={{ input: 'mono' }}
        error={isHash ? undefined : 'Mã băm gồm 64 chữ số 0–9, a–f.'}
        onChange={(event) => setKept(event.currentTarget.value.trim().toLowerCase())}
      />
      {check.at === 'told' && (
        <Alert color={check.verdict.is === 'whole' ? 'teal' : 'red'} data-testid="audit-verdict">
          <span className="mono">{check.verdict.message}</span>
        </Alert>
      )}
      {check.at === 'failed' && <Failed error={check.error} onAgain={verify} />}
      <Group grow>
        <TextInput label="Người thực hiện" value={filter.actor} onChange={set('actor')} />
        <TextInput label="Việc (ví dụ hearing.)" value={filter.action} onChange={set('action')} />
        <TextInput label="Đối tượng (ví dụ hearing:)" value={filter.subject} onChange={set('subject')} />
      </Group>
      <Shown asked={asked} empty="Không có dòng nào phù hợp." isEmpty={({ items }) => items.length === 0}>
        {({ items, next }) => (
          <>
            <Listing names={['STT', 'Thời điểm', 'Người thực hiện', 'Việc', 'Đối tượng', 'Chi tiết']}>
              {items.map((row) => (
                <Row key={row.seq}>
                  <Table.Td>{row.seq}</Table.Td>
                  <Table.Td>{whenExactly(row.at)}</Table.Td>
                  <Table.Td>
                    {row.actorName}
                    {actorKindLabels[row.actorKind] !== undefined && (
                      <div className="quiet">{actorKindLabels[row.actorKind]}</div>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {auditActionInWords(row.action)}
                    <div className="mono quiet">{row.action}</div>
                  </Table.Td>
                  <Table.Td className="mono">{row.subject}</Table.Td>
                  <Table.Td className="mono">
                    {Object.keys(row.detail).length === 0 ? '' : JSON.stringify(row.detail)}
                  </Table.Td>
                </Row>
              ))}
            </Listing>
            <Group justify="center">
              <Button variant="default" disabled={before.length === 0} onClick={() => setBefore(before.slice(0, -1))}>
                Mới hơn
              </Button>
              <Button
                variant="default"
                disabled={next === null}
                onClick={() => next !== null && setBefore([...before, next])}
              >
                Cũ hơn
              </Button>
            </Group>
          </>
        )}
      </Shown>
    </Page>
  )
}
