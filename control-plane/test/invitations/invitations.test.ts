import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import type { ParticipantInput } from '../../contract/hearing-plan.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { alerts, outboxMails } from '../../server/platform/tables.ts'
import { aRoomWorld, type RoomWorld } from '../rooms/world.ts'
import { type MailCatcher, startMailCatcher } from '../stage/mail.ts'
import { freePort } from '../support/databases.ts'

let world: RoomWorld
let smtp: MailCatcher
let folder: string
const refused = 'khong-co@example.vn'
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiepdan-mails-'))
  smtp = await startMailCatcher({ folder, port: await freePort(), refuse: (to) => to === refused })
  world = await aRoomWorld({ environment: { TIEPDAN_SMTP_URL: smtp.url } })
})
after(async () => {
  await world.close()
  await smtp.stop()
  rmSync(folder, { recursive: true, force: true })
})

const people: ParticipantInput[] = [
  { name: 'Trần Thị Bình', role: 'chair', endpointId: null, required: true },
  { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false, email: 'cuong@example.vn' },
  { name: 'Phạm Thị Dung', role: 'citizen', endpointId: null, required: true, email: 'dung@example.vn' },
]

/** The outbox's turn alone: other modules have mails of their own. */
async function delivered(): Promise<typeof smtp.mails> {
  smtp.mails.length = 0
  const turns = world.app.modules.flatMap((module) => module.reconciliations ?? [])
  await turns.find((turn) => turn.name === 'outbox')?.run()
  return smtp.mails.filter(({ to }) => to.endsWith('@example.vn'))
}
const to = (mails: typeof smtp.mails, address: string) => mails.filter((mail) => mail.to === address)
const linkIn = (text: string): string => /\/vao#([\w-]+)/.exec(text)?.[1] ?? ''
const look = (token: string) => world.ask('POST', '/api/join', { token })
/** An approved hearing, its first letters delivered; the one before it gives the rooms free. */
let last: { id: string } | undefined
async function aFresh(changes: { participants: ParticipantInput[] } = { participants: people }) {
  if (last !== undefined) {
    const { body } = await world.as('reception-board', 'GET', `/api/hearings/${last.id}`)
    if (body.status !== 'cancelled') assert.equal((await move(last.id, Number(body.version), 'cancel')).status, 200)
  }
  await delivered()
  last = await world.aHearing(changes)
  return last as Awaited<ReturnType<typeof world.aHearing>>
}
const move = (id: string, version: number, to: 'postpone' | 'cancel') =>
  world.as('chairman', 'POST', `/api/hearings/${id}/${to}`, { version, reason: 'Bão số 12' })

test('approval mails each who has an address when, where, how to try the device, and the own link; nobody else’s', async () => {
  const hearing = await aFresh()
  const mails = await delivered()
  assert.deepEqual(mails.map((mail) => mail.to).sort(), ['cuong@example.vn', 'dung@example.vn'])
  const [letter] = to(mails, 'dung@example.vn')
  const { text = '', subject } = letter ?? {}
  assert.match(subject ?? '', /^Mời dự buổi tiếp công dân BT-2026-\d+$/)
  for (const words of [
    'Kính gửi ông/bà Phạm Thị Dung',
    '12:00 đến 14:00',
    '01/12/2026',
    'Thử thiết bị trước',
    'ghi hình',
  ])
    assert.ok(text.includes(words), `${words} in ${text}`)
  assert.equal(linkIn(text), hearing.token(hearing.citizen))
  const [other] = to(mails, 'cuong@example.vn')
  assert.equal(linkIn(other?.text ?? ''), hearing.token(hearing.guest))
  assert.ok(!other?.text.includes('Dung'))
  const { body } = await look(linkIn(text))
  assert.equal(body.displayName, 'Phạm Thị Dung')
  // The code in the letter opens the same door.
  const code = /nhập mã: ([A-Z0-9]{5}-[A-Z0-9]{5})/.exec(text)?.[1]
  assert.equal((await world.ask('POST', '/api/join', { code })).body.displayName, 'Phạm Thị Dung')
  assert.deepEqual(await delivered(), [])
})

test('a link that is made anew is mailed, and says that the old one is void', async () => {
  const hearing = await aFresh()
  await delivered()
  const renewed = await world.as('office', 'POST', `/api/grants/${hearing.citizen.id}/renew`, { reason: 'Gửi nhầm' })
  const mails = await delivered()
  assert.deepEqual(
    mails.map((mail) => mail.to),
    ['dung@example.vn'],
  )
  const { text = '', subject } = mails[0] ?? {}
  assert.match(subject ?? '', /^Liên kết mới/)
  assert.match(text, /trước đây không còn dùng được/)
  assert.equal(linkIn(text), hearing.token({ id: String(renewed.body.id) }))
  assert.equal((await look(hearing.token(hearing.citizen))).status, 410)
  // A room's grant belongs to nobody with an address.
  await world.as('office', 'POST', `/api/grants/${hearing.delegate.id}/renew`, { reason: 'Thay máy' })
  assert.deepEqual(await delivered(), [])
})

test('put off: told once; approved anew: invited anew with another link; cancelled: told', async () => {
  const hearing = await aFresh()
  await delivered()
  const postponed = await move(hearing.id, hearing.version, 'postpone')
  assert.equal(postponed.status, 200, JSON.stringify(postponed.body))
  const told = await delivered()
  assert.equal(told.length, 2)
  for (const { subject, text } of told) {
    assert.match(subject, /được hoãn$/)
    assert.match(text, /không còn dùng được/)
    assert.equal(linkIn(text), '')
  }
  // Two rooms of one and the same instant have no order.
  world.clock.advance(1_000)
  const submitted = await world.as('reception-board', 'POST', `/api/hearings/${hearing.id}/submit`, {
    version: postponed.body.version,
    lateReason: 'Vụ việc cấp bách',
  })
  const approved = await world.as('chairman', 'POST', `/api/hearings/${hearing.id}/approve`, {
    version: submitted.body.version,
    decisionNumber: '13/TB-UBND',
  })
  assert.equal(approved.status, 200, JSON.stringify(approved.body))
  const anew = to(await delivered(), 'dung@example.vn')
  assert.equal(anew.length, 1)
  const token = linkIn(anew[0]?.text ?? '')
  assert.notEqual(token, hearing.token(hearing.citizen))
  assert.equal((await look(token)).status, 200)
  assert.equal((await move(hearing.id, Number(approved.body.version), 'cancel')).status, 200)
  const over = await delivered()
  assert.deepEqual(
    over.map(({ subject }) => /không tổ chức$/.test(subject)),
    [true, true],
  )
})

test('a plan that was never approved writes to nobody, whatever becomes of it', async () => {
  const hearing = await aFresh()
  await delivered()
  const { body } = await world.as('reception-board', 'GET', `/api/hearings/${hearing.id}`)
  const { title, agenda } = body
  const dayAfter = (at: unknown) => new Date(Date.parse(String(at)) + 24 * hourMs).toISOString()
  const draft = await world.as('reception-board', 'POST', '/api/hearings?despiteTwin=true', {
    title,
    startsAt: dayAfter(body.startsAt),
    endsAt: dayAfter(body.endsAt),
    agenda: (agenda as { title: string; minutes: number }[]).map(({ title, minutes }) => ({ title, minutes })),
    delegates: [hearing.delegate.endpointId],
    participants: people,
    caseIds: (body.cases as { id: string }[]).map(({ id }) => id),
  })
  assert.equal(draft.status, 201, JSON.stringify(draft.body))
  const sent = await world.as('reception-board', 'POST', `/api/hearings/${draft.body.id}/submit`, {
    version: draft.body.version,
    lateReason: 'Vụ việc cấp bách',
  })
  const back = await world.as('chairman', 'POST', `/api/hearings/${draft.body.id}/return`, {
    version: sent.body.version,
    reason: 'Thiếu hồ sơ',
  })
  assert.equal(back.status, 200, JSON.stringify(back.body))
  assert.equal((await move(String(draft.body.id), Number(back.body.version), 'cancel')).status, 200)
  assert.deepEqual(await delivered(), [])
})

test('what has not gone out when it stops to hold never goes out', async () => {
  const hearing = await aFresh()
  await world.as('office', 'POST', `/api/grants/${hearing.citizen.id}/renew`, { reason: 'Gửi nhầm' })
  assert.equal((await move(hearing.id, hearing.version, 'cancel')).status, 200)
  const mails = await delivered()
  assert.deepEqual(
    mails.map(({ subject }) => /không tổ chức$/.test(subject)),
    [true, true],
  )
  const rows = await world.db.select().from(outboxMails).where(eq(outboxMails.status, 'withdrawn'))
  assert.equal(rows.length, 3)
})

test('an address that the server refuses is told as other mails are, and the alert names nobody', async () => {
  await aFresh({ participants: [people[0], { ...people[2], email: refused }] as ParticipantInput[] }).catch(
    (error: unknown) => assert.match(String(error), /no grant for Lê Văn Cường/),
  )
  await delivered()
  const open = (await world.db.select().from(alerts)).filter(({ kind }) => kind === 'mail-refused')
  assert.equal(open.length, 1)
  assert.match(open[0]?.message ?? '', /Mời dự buổi tiếp công dân BT-2026-\d+/)
  assert.ok(!open[0]?.message.includes(refused) && !open[0]?.message.includes('Dung'))
})

test('letters lie encrypted in the outbox', async () => {
  const all = JSON.stringify(await world.db.select().from(outboxMails))
  for (const word of ['dung@example.vn', 'Phạm Thị Dung', 'Mời dự buổi tiếp', '/vao#'])
    assert.ok(!all.includes(word), word)
})
