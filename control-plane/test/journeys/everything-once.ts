import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditTrail, outboxMails } from '../../server/platform/tables.ts'
import { recordingParts, recordingSessions, recordings } from '../../server/recordings/tables.ts'
import { grants, rooms } from '../../server/rooms/tables.ts'
import { testCalls } from '../../server/test-calls/tables.ts'
import { patiently } from './interrupted.ts'
import { until } from './people.ts'
import type { StoodTrial } from './stand.ts'

/** Everything that was due was done, and once: read from the database itself, when nobody else has it open. */
export async function everythingOnce(
  trial: StoodTrial,
  hearingId: string,
  t: { diagnostic(words: string): void },
): Promise<void> {
  // What is due has been done: the last mails are out.
  await until(
    'every mail is out',
    150_000,
    () => patiently(async () => (await fetch(`${trial.url}/metrics`)).text()),
    (metrics) => /^tiepdan_waiting_mails 0$/m.test(metrics),
  )
  const seen = await trial.look(async (db) => ({
    audit: await db.select().from(auditTrail),
    mails: await db.select().from(outboxMails),
    tests: await db.select().from(testCalls),
    rooms: await db.select().from(rooms),
    grants: await db.select().from(grants),
    recordings: await db.select().from(recordings),
    sessions: await db.select().from(recordingSessions),
    parts: await db.select().from(recordingParts),
  }))
  const told = (action: string, subject: string): number =>
    seen.audit.filter((row) => row.action === action && row.subject === subject).length
  for (const move of ['submitted', 'approved', 'ready', 'live', 'ended'])
    assert.equal(told(`hearing.${move}`, `hearing:${hearingId}`), 1, `hearing.${move}`)
  assert.equal(seen.tests.length, 4)
  for (const row of seen.tests) {
    assert.equal(row.status, 'done')
    assert.ok(row.verdict)
    const verdicts = ['passed', 'warned', 'failed', 'absent'].map((word) =>
      told(`test-call.${word}`, `test-call:${row.id}`),
    )
    assert.equal(
      verdicts.reduce((sum, times) => sum + times, 0),
      1,
    )
  }
  assert.equal(seen.rooms.filter((room) => room.purpose === 'hearing').length, 1)
  assert.equal(seen.grants.length, 3)
  assert.deepEqual([seen.recordings.length, seen.sessions.length, seen.parts.length], [1, 1, 1])
  assert.equal(seen.recordings[0]?.state, 'off')
  assert.equal(trial.stage.focus.recorders.starts(), 1)
  assert.equal(seen.parts[0]?.status, 'ready')
  assert.equal(told('recording.part-stored', `recording-part:${seen.parts[0]?.id}`), 1)
  // A mail is at least once: one whose sender died between the server's word and the row is sent again, under the same Message-ID.
  const copies = new Map<string, number>()
  for (const id of messageIds(join(trial.folder, 'mails'))) copies.set(id, (copies.get(id) ?? 0) + 1)
  assert.deepEqual([...copies.keys()].sort(), seen.mails.map((mail) => `<${mail.id}@tiepdan>`).sort())
  assert.ok(
    [...copies.values()].every((times) => times <= 2),
    JSON.stringify([...copies]),
  )
  const bad = seen.tests.filter((row) => row.verdict === 'failed' || row.verdict === 'absent')
  assert.ok(bad.every((row) => seen.mails.some((mail) => mail.dedupeKey.startsWith(`test-call:${row.id}:`))))
  t.diagnostic(
    `${seen.audit.length} audit rows, ${seen.mails.length} mails in ${[...copies.values()].reduce((sum, times) => sum + times, 0)} deliveries, attempts ${seen.tests.map((row) => row.attempt)}`,
  )
}

const messageIds = (folder: string): string[] =>
  readdirSync(folder).flatMap(
    (name) => /^Message-ID: (<.*>)/im.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? [],
  )
