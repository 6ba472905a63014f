import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { eq } from 'drizzle-orm'
import { SMTPServer } from 'smtp-server'
import { hourMs, minuteMs, secondMs } from '../../server/platform/clock.ts'
import { retryDelayMs } from '../../server/platform/mail.ts'
import { alerts, outboxMails } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'

let app: TestApplication
let port: number
let server: SMTPServer | undefined
const received: string[] = []

before(async () => {
  port = await freePort()
  app = await testApplication({ environment: { TIEPDAN_SMTP_URL: `smtp://127.0.0.1:${port}` } })
})
afterEach(() => stopServer())
after(() => app.close())

/** The outbox's turn alone: other modules have alerts of their own to tell of. */
async function deliver(): Promise<void> {
  const turns = app.modules.flatMap((module) => module.reconciliations ?? [])
  await turns.find((turn) => turn.name === 'outbox')?.run()
}

/** A real SMTP server on the application's port; `recipient` may refuse. */
async function startServer(recipient: (address: string) => Error | undefined = () => undefined): Promise<void> {
  const started = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (address, _session, done) => done(recipient(address.address)),
    onData(stream, _session, done) {
      let text = ''
      stream.setEncoding('utf8')
      stream.on('data', (chunk: string) => {
        text += chunk
      })
      stream.on('end', () => {
        received.push(text)
        done()
      })
    },
  })
  await new Promise<void>((listening) => started.listen(port, '127.0.0.1', listening))
  server = started
}

async function stopServer(): Promise<void> {
  const stopping = server
  server = undefined
  if (stopping) await new Promise<void>((closed) => stopping.close(closed))
}

const refusal = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

async function enqueue(key: string, to = 'can-bo@xa.example'): Promise<void> {
  const { db, mail } = app.platform
  await db.transaction((tx) => mail.enqueue(tx, { key, to, subject: 'Kiểm thử không đạt', text: `Nội dung ${key}` }))
}
const rowOf = async (key: string) => {
  const [row] = await app.platform.db.select().from(outboxMails).where(eq(outboxMails.dedupeKey, key))
  return row
}
const openAlerts = async () => (await app.platform.alerts.open(app.platform.db)).map((alert) => alert.kind)
const metric = async (name: string) =>
  (await app.http.inject({ url: '/metrics' })).body.split('\n').find((line) => line.startsWith(name))

test('a mail is taken once by the server, however often it is enqueued', async () => {
  await startServer()
  await enqueue('one')
  await enqueue('one')
  await deliver()
  await deliver()
  assert.equal(received.length, 1)
  const row = await rowOf('one')
  assert.equal(row?.status, 'sent')
  assert.match(received[0] ?? '', new RegExp(`Message-ID: <${row?.id}@tiepdan>`))
})

test('a mail of a rolled-back change does not exist', async () => {
  const { db, mail } = app.platform
  const change = db.transaction(async (tx) => {
    await mail.enqueue(tx, { key: 'undone', to: 'a@b.example', subject: 's', text: 't' })
    throw new Error('undo')
  })
  await assert.rejects(change)
  assert.equal(await rowOf('undone'), undefined)
})

test('with the server down the mail waits, a named alert is open, and both end by themselves', async () => {
  await enqueue('down')
  await deliver()
  assert.equal((await rowOf('down'))?.status, 'pending')
  assert.deepEqual(await openAlerts(), ['mail-server-down'])
  assert.match((await metric('tiepdan_open_alerts{kind="mail-server-down"')) ?? '', / 1$/)
  assert.match((await metric('tiepdan_waiting_mails ')) ?? '', / 1$/)
  await startServer()
  await deliver()
  assert.equal((await rowOf('down'))?.status, 'pending', 'not before its time')
  app.clock.advance(6 * secondMs)
  await deliver()
  assert.equal((await rowOf('down'))?.status, 'sent')
  assert.deepEqual(await openAlerts(), [])
})

test('a 5xx refusal of the recipient is not tried again, is told of, and does not hold up the others', async () => {
  await startServer((address) => (address.startsWith('nobody') ? refusal(550, 'no such user') : undefined))
  await enqueue('refused', 'nobody@xa.example')
  await enqueue('behind')
  await deliver()
  assert.equal((await rowOf('refused'))?.status, 'refused')
  assert.equal((await rowOf('behind'))?.status, 'sent')
  const [alert] = (await app.platform.alerts.open(app.platform.db)).filter(({ kind }) => kind === 'mail-refused')
  assert.match(alert?.message ?? '', /từ chối thư/)
  app.clock.advance(2 * hourMs)
  await deliver()
  assert.equal((await rowOf('refused'))?.attempts, 1)
})

test('a 4xx puts the mail off, longer each time', async () => {
  let busy = true
  await startServer(() => (busy ? refusal(451, 'come later') : undefined))
  await enqueue('later')
  await deliver()
  app.clock.advance(6 * secondMs)
  await deliver()
  app.clock.advance(6 * secondMs)
  await deliver()
  assert.equal((await rowOf('later'))?.attempts, 2, 'the second wait is ten seconds')
  busy = false
  app.clock.advance(10 * secondMs)
  await deliver()
  assert.equal((await rowOf('later'))?.status, 'sent')
})

test('a mail claimed by a process that died is sent by another', async () => {
  await startServer()
  await enqueue('orphan')
  const { db } = app.platform
  await db
    .update(outboxMails)
    .set({ status: 'sending', attempts: 1, nextAttemptAt: new Date(app.clock.now() + 2 * minuteMs) })
    .where(eq(outboxMails.dedupeKey, 'orphan'))
  await deliver()
  assert.equal((await rowOf('orphan'))?.status, 'sending')
  app.clock.advance(2 * minuteMs + 1)
  await deliver()
  assert.equal((await rowOf('orphan'))?.status, 'sent')
})

test('two senders at once send each mail once', async () => {
  await startServer()
  received.length = 0
  for (let n = 0; n < 10; n++) await enqueue(`twice-${n}`)
  await Promise.all([app.platform.mail.deliverDue(), app.platform.mail.deliverDue()])
  assert.equal(received.length, 10)
})

test('the wait between tries doubles and stops at an hour', () => {
  assert.deepEqual([1, 2, 3, 20].map(retryDelayMs), [5_000, 10_000, 20_000, hourMs])
})

test('one alert is open per kind and subject; a critical one is mailed once; cleared, it may open anew', async () => {
  const { db, alerts: board } = app.platform
  const alert = { kind: 'store-full', subject: 'store:main', severity: 'critical', message: 'Kho đầy' } as const
  const raise = () => db.transaction((tx) => board.raise(tx, alert))
  assert.deepEqual([await raise(), await raise()], [true, false])
  const mails = async () => (await db.select().from(outboxMails)).filter((mail) => mail.dedupeKey.startsWith('alert:'))
  assert.equal((await mails()).length, 1)
  await Promise.all([raise(), raise(), raise()])
  assert.equal((await db.select().from(alerts).where(eq(alerts.kind, 'store-full'))).length, 1)
  await db.transaction((tx) => board.clear(tx, 'store-full', 'store:main'))
  assert.equal(await raise(), true)
  assert.equal((await mails()).length, 2)
})
