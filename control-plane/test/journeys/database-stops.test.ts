import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { verifyAudit } from '../../contract/audit.ts'
import { getHearing } from '../../contract/hearings.ts'
import { listGrants, renewGrant } from '../../contract/rooms.ts'
import { type FakeEdge, startFakeEdge } from '../rooms/world.ts'
import { freePort, startPostgres } from '../support/databases.ts'
import { type OwnProcess, startOwnProcess } from '../support/own-process.ts'
import { until } from './people.ts'
import { aCaseToEnter, aCast, anApprovedHearing, type Cast } from './quick-hearing.ts'
import { unlessOn } from './stand.ts'

// What a person waits for at most once PostgreSQL is back.
const backWithinMs = 10_000
const rounds = 20
const writers = 8

const seats = [
  { username: 'vanphong', role: 'office' as const, totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
  { username: 'bantcd', role: 'reception-board' as const },
  { username: 'chutich', role: 'chairman' as const },
  { username: 'quantri', role: 'administrator' as const, totpSecret: 'KBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
]

suite('PostgreSQL stopped and started again under people who write', { skip: unlessOn('postgres') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tds-'))
  const accounts = seats.map((seat) => ({
    ...seat,
    displayName: seat.username,
    password: `thu-${seat.username}-12345`,
  }))
  const edge: FakeEdge = { told: [], rooms: [], processId: 'prosody-1', up: true, waiting: 0 }
  let edgeServer: Awaited<ReturnType<typeof startFakeEdge>>
  let server: Awaited<ReturnType<typeof startPostgres>>
  let control: OwnProcess
  let cast: Cast

  before(async () => {
    const edgePort = await freePort()
    edgeServer = await startFakeEdge(edge, edgePort)
    server = await startPostgres({ survivesHalt: true })
    const seeds = join(folder, 'accounts.json')
    writeFileSync(seeds, JSON.stringify(accounts))
    control = await startOwnProcess({
      folder,
      databaseUrl: server.url,
      environment: {
        TIEPDAN_EDGE_URL: `http://127.0.0.1:${edgePort}`,
        TIEPDAN_SEED_ACCOUNTS: seeds,
        TIEPDAN_TRUST_PROXY: 'true',
      },
    })
    cast = await aCast({ url: control.url, accounts })
  })
  after(async () => {
    await control.stop()
    server.stop()
    edgeServer.closeAllConnections()
    edgeServer.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** One case entered at the HTTP interface, each from an address of its own: one may not ask so often. */
  let asked = 0
  async function write(): Promise<{ status: number; body: Record<string, unknown>; kind: string }> {
    const answer = await fetch(`${control.url}/api/cases?despiteTwin=true`, {
      method: 'POST',
      headers: {
        cookie: [...cast.board.jar].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/json',
        'x-forwarded-for': `10.1.${(asked >> 8) & 255}.${asked++ & 255}`,
      },
      body: JSON.stringify(aCaseToEnter(`Vụ việc số ${asked}`)),
      signal: AbortSignal.timeout(20_000),
    })
    return {
      status: answer.status,
      body: (await answer.json()) as Record<string, unknown>,
      kind: answer.headers.get('content-type') ?? '',
    }
  }

  /** Writers that never rest, and what they were told. */
  function startWriters() {
    const seen = { made: [] as string[], refused: 0, wrong: [] as string[], over: false }
    const lane = async (): Promise<void> => {
      while (!seen.over) {
        const { status, body, kind } = await write()
        if (status === 201 || status === 200) seen.made.push(String(body.id))
        else if (status === 503 && kind.startsWith('application/problem+json') && body.retryable === true) {
          seen.refused++
          // As a person would: not the next moment.
          await pause(20)
        } else if (status === 503 && body.type === 'urn:tiepdan:problem:outcome-unknown') seen.refused++
        else seen.wrong.push(JSON.stringify({ status, kind, body }))
      }
    }
    const lanes = Array.from({ length: writers }, () =>
      lane().catch((error: unknown) => void seen.wrong.push(`${error} ${(error as Error).cause ?? ''}`)),
    )
    const stop = async (): Promise<void> => {
      seen.over = true
      await Promise.all(lanes)
    }
    return { seen, stop }
  }

  const statusOf = async (path: string): Promise<number> => (await fetch(`${control.url}${path}`)).status

  /** Milliseconds from now until somebody's writing is accepted again. */
  async function untilWritten(seen: { made: string[] }): Promise<number> {
    const begun = performance.now()
    const before = seen.made.length
    while (seen.made.length === before) {
      assert.ok(performance.now() - begun < backWithinMs, `nothing written within ${backWithinMs} ms\n${tail()}`)
      assert.equal(control.child.exitCode, null, `the control plane ended\n${tail()}`)
      await pause(20)
    }
    return Math.round(performance.now() - begun)
  }
  const tail = (): string => control.log().split('\n').slice(-15).join('\n')

  test(`${rounds} times, fast and immediate: it stays up, answers 503, and works again within 10 s`, async (t) => {
    const hearingId = await anApprovedHearing(cast)
    const { items } = await cast.office.does(listGrants, { params: { id: hearingId } })
    let grant = items[0]?.id ?? ''
    const renewed: string[] = []
    const work = startWriters()
    t.after(() => work.stop())
    const took: number[] = []
    for (let round = 0; round < rounds; round++) {
      // A job that is due as the database goes.
      renewed.push(grant)
      grant = (await cast.office.does(renewGrant, { params: { id: grant }, body: { reason: 'Cấp lại' } })).id
      await pause(Math.random() * 300)
      await server.end(round % 2 === 0 ? 'fast' : 'immediate')
      const refusedBefore = work.seen.refused
      await until(
        'somebody is refused',
        5_000,
        async () => work.seen.refused,
        (refused) => refused > refusedBefore,
      )
      assert.deepEqual([await statusOf('/healthz'), await statusOf('/readyz')], [200, 503])
      await server.begin()
      took.push(await untilWritten(work.seen))
      assert.equal(await statusOf('/readyz'), 200)
    }
    await work.stop()
    t.diagnostic(`${work.seen.made.length} written, ${work.seen.refused} refused; back after ${took.join(', ')} ms`)
    assert.deepEqual(work.seen.wrong, [])
    await nothingLost(work.seen.made, hearingId)
    await until(
      'every job that was due has run',
      60_000,
      async () => new Set(edge.told.filter(({ path }) => path === '/kick').map(({ body }) => body.userId)),
      (kicked) => renewed.every((id) => kicked.has(id)),
    )
    assert.equal(control.child.exitCode, null)
    assert.ok(!/unhandledRejection|uncaughtException/.test(control.log()), tail())
  })

  /** What was acknowledged is there, whole: with its row in the audit trail, whose chain holds. */
  async function nothingLost(made: string[], hearingId: string): Promise<void> {
    const client = new pg.Client(server.url)
    await client.connect()
    const kept = await client.query<{ id: string }>('select id from cases')
    const ids = new Set(kept.rows.map(({ id }) => id))
    assert.deepEqual(
      made.filter((id) => !ids.has(id)),
      [],
      'acknowledged and lost',
    )
    const told = await client.query<{ n: number }>(
      "select count(distinct subject)::int as n from audit_trail where action = 'case.created'",
    )
    assert.equal(told.rows[0]?.n, ids.size, 'a case without its audit row, or the reverse')
    await client.end()
    const audit = await cast.administrator.does(verifyAudit, { querystring: {} })
    assert.equal(audit.is, 'whole', JSON.stringify(audit))
    assert.equal((await cast.board.does(getHearing, { params: { id: hearingId } })).status, 'approved')
  }
})
