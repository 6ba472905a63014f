import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { DetailedError } from 'tus-js-client'
import { serviceCredentials } from '../../server/identity/tables.ts'
import { auditTrail } from '../../server/platform/tables.ts'
import { recorders, recordingParts } from '../../server/recordings/tables.ts'
import { createUploads } from '../../server/recordings/uploads.ts'
import { signedIn } from '../support/staff.ts'
import { aFile, aFilm, aReport, aStore, receiptOf, type Store, until, upload } from './recorder-host.ts'

const chairman = 'Chủ tịch UBND tỉnh'
let house: Store
let film: Buffer
before(async () => {
  house = await aStore()
  film = aFilm(house.app.folder)
})
after(() => house.close())

const db = () => house.app.platform.db
const refusalOf = (sending: Promise<unknown>) =>
  sending.then(
    () => undefined,
    (reason: DetailedError) => reason.originalResponse?.getStatus(),
  )

/** Every row of the trail that is a service's names a credential that exists, as it is called. */
async function foreignRows(): Promise<unknown[]> {
  const known = new Map((await db().select().from(serviceCredentials)).map((row) => [row.id, row.name]))
  const rows = await db().select().from(auditTrail)
  return rows.filter((row) =>
    row.actorKind === 'service' ? known.get(row.actorId) !== row.actorName : row.actorName === chairman,
  )
}

async function anotherToken(name: string, hosts?: string[]): Promise<string> {
  const made = await house.app.http.inject({
    ...{ method: 'POST', url: '/api/service-credentials', headers: await signedIn(house.app, 'administrator') },
    payload: { name, ...(hosts === undefined ? {} : { hosts }) },
  })
  const { secret } = made.json() as { secret: string }
  const answer = await house.app.http.inject({ method: 'POST', url: '/api/service-tokens', payload: { name, secret } })
  return answer.json().token
}

const refusedAlert = async () =>
  (await house.app.platform.alerts.open(db())).find((alert) => alert.kind === 'recorder-host-refused')

test('a file under another name than the credential’s hosts is refused, once on record, under the credential', async () => {
  const file = aFile(film)
  // Cut after 60 units, a sign of two is half a character, which no column of JSON takes.
  const long = `${'x'.repeat(59)}💥`
  for (const host of [long, chairman, 'jibri-1 ', 'JIBRI-1', 'jibri-3', '../jibri-1'])
    assert.equal(await refusalOf(upload(house, file, { token: await house.token(), metadata: { host } })), 403, host)
  // No host is called like that: refused for its length already.
  const tooLong = { token: await house.token(), metadata: { host: 'x'.repeat(5_000) } }
  assert.equal(await refusalOf(upload(house, file, tooLong)), 400)
  assert.deepEqual(await db().select().from(recordingParts), [])
  const told = await refusedAlert()
  assert.equal(told?.subject, `service:${house.credentialId}`)
  const rows = (await db().select().from(auditTrail)).filter((row) => row.action === 'recorder.host-refused')
  assert.deepEqual(
    rows.map((row) => [row.actorId, row.actorName, row.detail.host]),
    [[house.credentialId, 'jibri-1', `${'x'.repeat(59)}\ufffd`]],
  )
})

test('whatever a sender calls its file, session and room, the trail’s actor is the credential that was proven', async () => {
  const file = aFile(film, { sessionId: `${chairman} ${randomUUID()}`, fileName: `${chairman}.mkv` })
  const metadata = { room: chairman, actor: chairman, name: chairman, recordingId: chairman, id: chairman }
  await upload(house, file, { token: await house.token(), metadata })
  await until('stored', async () => /stored|unmatched/.test((await receiptOf(house, file)).state))
  const received = (await db().select().from(auditTrail)).filter((row) => row.action === 'recording.part-received')
  assert.deepEqual(
    received.map((row) => [row.actorKind, row.actorId, row.actorName, row.detail.host]),
    [['service', house.credentialId, 'jibri-1', 'jibri-1']],
  )
  assert.deepEqual(await foreignRows(), [])
})

test('where a kill came between the last byte and its word, the reconciliation names the same actor', async () => {
  const uploads = createUploads(house.app.platform)
  const uploadId = randomUUID()
  await db()
    .insert(recordingParts)
    .values({
      ...{ sessionId: randomUUID(), fileName: 'a.mkv', host: 'jibri-2', uploadId, declaredSha256: 'a'.repeat(64) },
      ...{ senderId: house.credentialId, senderName: 'jibri-1', declaredSize: 1, orderly: true, status: 'receiving' },
      createdAt: new Date(house.app.clock.now()),
    })
  await uploads.finish(uploadId)
  assert.deepEqual(await foreignRows(), [])
  const last = (await db().select().from(auditTrail)).findLast((row) => row.action === 'recording.part-received')
  assert.deepEqual([last?.actorId, last?.detail.host], [house.credentialId, 'jibri-2'])
})

test('a report for another’s host changes nothing that people see of it', async () => {
  const report = async (host: string, token: string) =>
    (
      await house.app.http.inject({
        ...{ method: 'POST', url: '/api/recorder-reports', headers: { authorization: `Bearer ${token}` } },
        payload: aReport({ host, fault: { kind: 'disk-full', detail: chairman } }),
      })
    ).statusCode
  const stranger = await anotherToken('jibri-9')
  assert.equal(await report('jibri-1', stranger), 403)
  assert.equal(await report(chairman, stranger), 403)
  assert.deepEqual(await db().select().from(recorders), [])
  assert.equal(
    (await house.app.platform.alerts.open(db())).filter((alert) => alert.subject.startsWith('recorder:')).length,
    0,
  )
  assert.equal(
    await report('jibri-9', stranger),
    200,
    'a credential without a list speaks for the host of its own name',
  )
  assert.equal(await report('jibri-2', await house.token()), 200, 'one credential may serve several hosts')
  assert.deepEqual(await foreignRows(), [])
})

test('an upload that one credential began is not gone on with by another', async () => {
  const file = aFile(film)
  const broken = await upload(house, file, { token: await house.token(), breakAfter: 20_000 })
  const stranger = await anotherToken('jibri-8', ['jibri-1'])
  const head = await fetch(broken.uploadUrl, {
    ...{ method: 'HEAD', headers: { authorization: `Bearer ${stranger}`, 'tus-resumable': '1.0.0' } },
  })
  assert.equal(head.status, 404)
  const patch = await fetch(broken.uploadUrl, {
    method: 'PATCH',
    headers: {
      ...{ authorization: `Bearer ${stranger}`, 'tus-resumable': '1.0.0', 'upload-offset': '40000' },
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(10),
  })
  assert.equal(patch.status, 404)
  const resumed = await upload(house, file, { token: await house.token(), uploadUrl: broken.uploadUrl })
  assert.equal(resumed.whole, true)
})

/** Where a proven credential becomes an actor. Anywhere else an actor could be put together from what somebody sent. */
const mayMakeActors = [
  'platform/actor.ts',
  'identity/sign-in.ts',
  'identity/services.ts',
  'endpoints/index.ts',
  'recordings/sender.ts',
]

test('an actor is made only where a credential was proven', () => {
  const root = resolve(import.meta.dirname, '../../server')
  const made = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) =>
      /\bkind: '(staff|device|service|system|anonymous)',\s*id\b[^}]*\bname\b/.test(
        readFileSync(join(root, name), 'utf8'),
      ),
    )
  assert.deepEqual(made.sort(), [...mayMakeActors].sort())
})
