import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDoors } from '../../server/rooms/doors.ts'
import { createSigning } from '../../server/rooms/signing.ts'
import * as rooms from '../../server/rooms/store.ts'
import { startStage } from '../stage/stage.ts'
import { testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'

const edgeSecret = 'edge-secret-for-tests-0123456789abcdef'
type Options = Pick<Parameters<typeof startStage>[0], 'edge' | 'opensConferenceRequest'>

/** A stage, and a room of it that may exist; what every stranger meets at its doors. */
async function tryDoors(options: Options) {
  const folder = mkdtempSync(join(tmpdir(), 'tdo-'))
  const port = await freePort()
  const stage = await startStage({ folder, controlPlaneUrl: `http://127.0.0.1:${port}`, edgeSecret, ...options })
  const app = await testApplication({ now: Date.now(), environment: stage.environment })
  try {
    await app.http.listen({ host: '127.0.0.1', port })
    const { platform } = app
    const now = Date.now()
    const name = 'd00f'.repeat(8)
    await platform.db.transaction((tx) =>
      rooms.insertRoom(tx, {
        ...{ name, purpose: 'drill', createdAt: new Date(now) },
        ...{ opensAt: new Date(now - 60_000), closesAt: new Date(now + 600_000) },
      }),
    )
    const doors = createDoors(platform, createSigning(platform))
    return await doors.tryAll(name, new AbortController().signal)
  } finally {
    await app.close()
    await stage.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('nobody without a right token comes in by any door; one with a right token does', async () => {
  const { strangers, right } = await tryDoors({})
  assert.deepEqual(
    strangers.filter(({ is }) => is !== 'kept-out'),
    [],
  )
  const doors = [...new Set(strangers.map(({ door }) => door))]
  assert.ok(doors.includes('WebSocket') && doors.includes('BOSH') && doors.includes('/conference-request/v1'))
  for (const door of ['WebSocket', 'BOSH'])
    assert.deepEqual(
      strangers.filter((one) => one.door === door).map(({ who }) => who),
      ['không có thẻ', 'thẻ bị sửa', 'thẻ giả', 'thẻ hết hạn', 'thẻ của phòng khác'],
    )
  assert.deepEqual(
    right.map(({ door, is }) => [door, is]),
    [
      ['WebSocket', 'let-in'],
      ['BOSH', 'let-in'],
    ],
  )
})

test('doors that stand open are found: a Prosody that asks for no token, and a web server that hands the request on', async () => {
  const { strangers } = await tryDoors({ edge: { allowEmptyToken: true }, opensConferenceRequest: true })
  const open = strangers.filter(({ is }) => is === 'let-in')
  assert.ok(open.some(({ door }) => door === '/conference-request/v1'))
  // Signed in without a token; the room itself keeps out whom nobody knows, or lets him in: both are told as what they are.
  const empty = strangers.filter(({ door, who }) => door === 'BOSH' && who === 'không có thẻ')
  assert.notEqual(empty[0]?.detail, 'không đăng nhập được')
  assert.deepEqual(
    strangers.filter(
      ({ door, who, is }) =>
        !door.startsWith('/') && who !== 'không có thẻ' && !door.includes('request') && is !== 'kept-out',
    ),
    [],
  )
})
