import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'drizzle-orm'
import jwt from 'jsonwebtoken'
import type { ParticipantInput } from '../../contract/hearing-plan.ts'
import { hourMs } from '../../server/platform/clock.ts'
import { aCase } from '../hearings/world.ts'
import { aRoomWorld, prosodyReports, type RoomWorld, startsAt, type TestHearing } from '../rooms/world.ts'

/** People whom nothing else in the database is called like. */
const people: ParticipantInput[] = [
  { name: 'Trần Thị Bình', role: 'chair', endpointId: null, required: true },
  { name: 'Lê Văn Cường', role: 'invited', endpointId: null, required: false, email: 'cuong@example.vn' },
  {
    name: 'Phạm Thị Dung',
    role: 'citizen',
    endpointId: null,
    required: true,
    email: 'dung@example.vn',
    jobTitle: 'Thợ dệt thổ cẩm',
    organisation: 'Hợp tác xã Plei Ốp',
  },
  { name: 'Siu H’Blen', role: 'citizen', endpointId: null, required: false, email: 'hblen@example.vn' },
]
const secretWords = [
  'Phạm Thị Dung',
  'dung@example.vn',
  'Thợ dệt thổ cẩm',
  'Hợp tác xã Plei Ốp',
  'Siu H’Blen',
  'hblen@example.vn',
  'Lê Văn Cường',
  'cuong@example.vn',
  'Trần Thị Bình',
  // The citizen of the case that is heard.
  ...Object.values(aCase().citizen).filter((word) => typeof word === 'string'),
]

let world: RoomWorld
let hearing: TestHearing
before(async () => {
  world = await aRoomWorld()
  hearing = await world.aHearing({ participants: people })
})
after(() => world.close())

/** Every row of every table of every schema, as text. */
async function wholeDatabase(): Promise<{ table: string; text: string }[]> {
  const tables = rowsOf(
    await world.db.execute(
      sql`select table_schema as schema, table_name as name from information_schema.tables
          where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    ),
  )
  assert.ok(tables.length > 25, `${tables.length}`)
  const found: { table: string; text: string }[] = []
  for (const { schema, name } of tables) {
    const table = sql`${sql.identifier(String(schema))}.${sql.identifier(String(name))}`
    for (const { text } of rowsOf(
      await world.db.execute(sql`select row_to_json(one)::text as text from ${table} as one`),
    ))
      found.push({ table: String(name), text: String(text) })
  }
  return found
}
const rowsOf = (answer: unknown): Record<string, unknown>[] =>
  ((answer as { rows?: unknown }).rows ?? answer) as Record<string, unknown>[]

const grantOf = (name: string) => {
  const grant = hearing.grants.find(({ displayName }) => displayName === name)
  assert.ok(grant, name)
  return grant
}
const enter = (name: string) =>
  world.ask('POST', '/api/join/enter', { token: hearing.token(grantOf(name)), acceptsRecording: true })

interface Claims {
  context: { user: { id: string; name: string } }
}
const shown = async (name: string): Promise<string> => {
  const entered = await enter(name)
  assert.equal(entered.status, 200, JSON.stringify(entered.body))
  assert.equal(entered.body.displayName, (jwt.decode(String(entered.body.token)) as Claims).context.user.name)
  return String(entered.body.displayName)
}

test('a token names a room or an officer; a citizen is one of the citizens in it, and in the room', async () => {
  world.clock.set(startsAt - hourMs)
  assert.equal(await shown('Trần Thị Bình'), 'Trần Thị Bình')
  assert.equal(await shown('Phạm Thị Dung'), 'Công dân 1')
  assert.equal(await shown('Siu H’Blen'), 'Công dân 2')
  const { body } = await world.ask('POST', '/api/join', { token: hearing.token(grantOf('Siu H’Blen')) })
  assert.deepEqual([body.displayName, body.shownAs], ['Siu H’Blen', 'Công dân 2'])
})

test('after a whole hearing no name, address or number of those who take part stands readable anywhere in the database', async () => {
  const prosody = prosodyReports(world, 'prosody-1')
  const { name: room } = hearing.room
  // Prosody tells the names that clients choose, whatever a token says.
  const joined = hearing.grants.map((grant) => prosody.joined(room, grant.id, { name: grant.displayName }))
  const stranger = prosody.event('occupant-joined', { room, occupantId: 'o-x', userId: 'x', name: 'Phạm Thị Dung' })
  const occupants = hearing.grants.map(({ id, displayName }) => ({
    occupantId: `o-${id.slice(0, 8)}`,
    userId: id,
    name: displayName,
  }))
  await prosody.send(...joined, stranger, prosody.event('snapshot', { rooms: [{ room, occupants }] }))
  for (const url of [
    `/api/hearings/${hearing.id}`,
    `/api/hearings/${hearing.id}/room`,
    `/api/hearings/${hearing.id}/grants`,
  ])
    assert.equal((await world.as('office', 'GET', url)).status, 200)
  const citizen = grantOf('Phạm Thị Dung')
  await world.as('office', 'POST', `/api/grants/${citizen.id}/reveal`)
  await world.as('office', 'POST', `/api/grants/${citizen.id}/renew`, { reason: 'Gửi nhầm' })
  for (let turn = 0; turn < 2; turn += 1) await world.app.reconciler.runAll()
  await prosody.send(prosody.event('room-destroyed', { room }))
  const all = await wholeDatabase()
  for (const table of [
    'hearing_participants',
    'grants',
    'attendance',
    'edge_events',
    'audit_trail',
    'outbox_mails',
    'job',
  ])
    assert.ok(table === 'outbox_mails' || all.some((row) => row.table === table), table)
  const readable = all.flatMap(({ table, text }) =>
    // JSON escapes nothing of these words, and PostgreSQL folds none of them.
    secretWords.filter((word) => text.toLowerCase().includes(word.toLowerCase())).map((word) => `${table}: ${word}`),
  )
  assert.deepEqual([...new Set(readable)], [])
  // An officer's screens show them as before.
  const plan = (await world.as('reception-board', 'GET', `/api/hearings/${hearing.id}`)).body
  const named = plan.participants as { name: string; email: string | null; jobTitle: string | null }[]
  assert.deepEqual(
    named.map(({ name, email }) => [name, email]),
    people.map(({ name, email }) => [name, email ?? null]),
  )
  const board = (await world.as('office', 'GET', `/api/hearings/${hearing.id}/room`)).body
  const there = (board.attendance as { displayName: string }[]).map(({ displayName }) => displayName)
  for (const { name } of people) assert.ok(there.includes(name), `${name} of ${there}`)
  assert.ok(there.includes('Người không rõ'))
})

test('lists of grants are in the order of their names, rooms first', async () => {
  const { body } = await world.as('office', 'GET', `/api/hearings/${hearing.id}/grants`)
  const items = (body.items as { kind: string; displayName: string; revokedAt: string | null }[]).filter(
    ({ revokedAt }) => revokedAt === null,
  )
  assert.deepEqual(
    items
      .filter(({ kind }) => kind === 'participant')
      .map(({ displayName }) => displayName)
      .slice(0, 3),
    ['Lê Văn Cường', 'Siu H’Blen', 'Trần Thị Bình'],
  )
  assert.equal(items[0]?.kind, 'endpoint')
})

test('what an earlier release left readable is encrypted at the start, once, and read as before', async () => {
  await world.db.execute(
    sql`update hearing_participants set name = 'Phạm Thị Dung', email = 'dung@example.vn' where role = 'citizen' and position = 2`,
  )
  await world.db.execute(sql`update agenda_items set speaker = 'Siu H’Blen'`)
  await world.db.execute(
    sql`update grants set display_name = 'Siu H’Blen' where participant_id is not null and revoked_at is null`,
  )
  await world.db.execute(sql`update attendance set display_name = 'Siu H’Blen'`)
  await world.db.execute(
    sql`update edge_events set body = body || '{"name": "Siu H’Blen", "rooms": [{"room": "r", "occupants": [{"occupantId": "o", "name": "Siu H’Blen"}, {"occupantId": "p"}]}, {"room": "s", "occupants": []}]}'::jsonb`,
  )
  const before = await wholeDatabase()
  assert.ok(before.some(({ text }) => text.includes('Siu H’Blen')))
  const file = join(import.meta.dirname, '../../server/migrations/0012_without-names.sql')
  for (const statement of readFileSync(file, 'utf8').split('--> statement-breakpoint'))
    await world.db.execute(sql.raw(statement))
  for (let start = 0; start < 2; start += 1)
    for (const name of ['hearings', 'rooms']) await world.app.modules.find((module) => module.name === name)?.start?.()
  const all = await wholeDatabase()
  const readable = all.filter(({ text }) => secretWords.some((word) => text.includes(word)))
  assert.deepEqual(readable, [])
  const events = rowsOf(await world.db.execute(sql`select body from edge_events limit 1`))
  assert.deepEqual((events[0]?.body as { rooms: object } | undefined)?.rooms, [
    { room: 'r', occupants: [{ occupantId: 'o' }, { occupantId: 'p' }] },
    { room: 's', occupants: [] },
  ])
  const plan = (await world.as('reception-board', 'GET', `/api/hearings/${hearing.id}`)).body
  const dung = (plan.participants as { name: string; email: string }[])[2]
  assert.deepEqual([dung?.name, dung?.email], ['Phạm Thị Dung', 'dung@example.vn'])
  assert.equal((plan.agenda as { speaker: string }[])[0]?.speaker, 'Siu H’Blen')
})
