import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApplication } from '../support/application.ts'

test('a stop while a reconciliation hangs and a job works ends within 10 s, claims given back at once', async () => {
  const app = await testApplication({ start: false })
  const hang = (): Promise<void> => new Promise(() => undefined)
  const order: string[] = []
  app.modules.push({
    name: 'holds-a-claim',
    reconciliations: [{ name: 'hangs', everyMs: 1_000, run: hang }],
    jobs: [
      {
        queue: 'hangs',
        concurrency: 1,
        expireSeconds: 60,
        run: (_data, signal) => {
          order.push('job')
          return new Promise((done) => signal.addEventListener('abort', () => done()))
        },
      },
    ],
    stop: async () => void order.push('claim given back'),
  })
  await app.start()
  await app.platform.db.transaction((tx) => app.platform.jobs.enqueue(tx, 'hangs', {}))
  while (!order.includes('job')) await new Promise((done) => setTimeout(done, 50))
  const round = app.reconciler.runAll()
  round.catch(() => undefined)
  const begun = performance.now()
  const stopped = app.close()
  await new Promise((done) => setImmediate(done))
  assert.deepEqual(order, ['job', 'claim given back'])
  await stopped
  assert.ok(performance.now() - begun < 9_500, `${performance.now() - begun} ms`)
  await assert.rejects(app.platform.database.ping())
})
