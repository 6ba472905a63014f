import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { readSelfCheck } from '../../contract/self-check.ts'
import { outboxMails } from '../../server/platform/tables.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { freePort } from '../support/databases.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
let port: number
before(async () => {
  port = await freePort()
  app = await testApplication({ environment: { TIEPDAN_SMTP_URL: `smtp://127.0.0.1:${port}` } })
})
after(() => app.close())

async function command(name: string, given: Record<string, string> = {}): Promise<{ ok: boolean; said: string }> {
  const handler = app.modules.map((module) => module.commands?.[name]).find((found) => found !== undefined)
  assert.ok(handler, name)
  const said: string[] = []
  const ok = await handler(given, (line) => said.push(line))
  return { ok, said: said.join('\n') }
}
const good = { host: 'may1', name: 'Đồng hồ được đồng bộ', is: 'good', remedy: '', detail: '' }
const bad = { host: 'may1', name: 'Nhận thư thử', is: 'bad', remedy: 'kiểm tra máy chủ thư', detail: 'không nối được' }
const record = (checks: unknown) => command('record-self-check', { checks: JSON.stringify(checks) })
const alerts = async () =>
  (await app.platform.alerts.open(app.platform.db)).filter((alert) => alert.kind === 'self-check-failed')
const seenBy = async (role: 'office' | 'administrator' | 'inspector') =>
  app.http.inject({ url: readSelfCheck.url, headers: await signedIn(app, role) })

test('the office and the administrator see the last result, others do not', async () => {
  assert.deepEqual((await seenBy('office')).json(), { last: null })
  assert.deepEqual(await record([good, bad]), { ok: true, said: 'Đã ghi kết quả tự kiểm tra: 2 mục.' })
  await record([bad, good])
  for (const role of ['office', 'administrator'] as const)
    assert.deepEqual((await seenBy(role)).json().last.checks, [bad, good])
  assert.equal((await seenBy('inspector')).statusCode, 403)
})

test('a failed check is an alert until a clean run; what is only noted is none', async () => {
  await record([good, bad])
  const [alert] = await alerts()
  assert.match(alert?.message ?? '', /1 mục không đạt: Nhận thư thử \(may1\)/)
  await record([good, { ...bad, is: 'note' }])
  assert.deepEqual(await alerts(), [])
})

test('what is no result is refused, and the last one stays', async () => {
  await record([good])
  for (const wrong of [[], [{ ...good, is: 'fine' }], { checks: [] }]) assert.equal((await record(wrong)).ok, false)
  assert.deepEqual((await seenBy('office')).json().last.checks, [good])
})

test('the test mail counts only once the mail server has taken it', async (t) => {
  const mails = () => app.platform.db.select().from(outboxMails)
  const received: string[] = []
  let answer: Error | undefined = Object.assign(new Error('no such mailbox'), { responseCode: 550 })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (address, _session, done) => {
      received.push(address.address)
      done(answer)
    },
    onData(stream, _session, done) {
      stream.resume().on('end', () => done())
    },
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  t.after(() => new Promise<void>((closed) => server.close(closed)))
  const before = (await mails()).length
  const refused = await command('send-test-mail')
  assert.equal(refused.ok, false)
  assert.match(refused.said, /no such mailbox/)
  assert.equal((await mails()).length, before)
  answer = undefined
  const taken = await command('send-test-mail')
  assert.equal(taken.ok, true, taken.said)
  assert.deepEqual(received, ['van-phong@tiepdan.invalid', 'van-phong@tiepdan.invalid'])
})

test('a recorder host counts as heard of for a minute after its last report', async () => {
  const { ok, said } = await command('check-recorders', { hosts: 'jibri-1,jibri-2' })
  assert.equal(ok, false)
  assert.match(said, /jibri-1, jibri-2/)
})
