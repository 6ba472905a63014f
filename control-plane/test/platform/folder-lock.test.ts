import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../server/platform/database.ts'

const root = mkdtempSync(join(tmpdir(), 'tiepdan-lock-'))
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

const databaseModule = join(import.meta.dirname, '../../server/platform/database.ts')

/** A process of its own that opens the folder, writes a settings row and then holds still; resolves to its first line. */
async function holder(folder: string, mark: string): Promise<{ child: ChildProcess; said: string }> {
  const program = `
    import { openDatabase } from ${JSON.stringify(databaseModule)}
    import { sql } from 'drizzle-orm'
    try {
      const { db } = await openDatabase({ url: '', folder: ${JSON.stringify(folder)} })
      await db.execute(sql\`insert into settings (key, value, changed_at) values ('${mark}', 'true', now())\`)
      console.log('open')
      setInterval(() => {}, 1000)
    } catch (error) {
      console.log(String(error.message))
      process.exit(1)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: join(import.meta.dirname, '../../..'),
  })
  children.push(child)
  const [said] = await once(child.stdout ?? child, 'data', { signal: AbortSignal.timeout(60_000) })
  return { child, said: String(said).trim() }
}

test('a second process is refused with the first one’s number, and takes over once the first is killed', async () => {
  const folder = join(root, 'a', 'database')
  const first = await holder(folder, 'first')
  assert.equal(first.said, 'open')
  const refused = await holder(folder, 'second')
  assert.match(refused.said, new RegExp(`đang được tiến trình ${first.child.pid} sử dụng`))
  await assert.rejects(openDatabase({ url: '', folder }), /đang được tiến trình/)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const opened = await openDatabase({ url: '', folder })
  try {
    const rows = await opened.db.execute(sql`select key from settings order by key`)
    assert.deepEqual(
      JSON.parse(JSON.stringify(rows)).rows.map((row: { key: string }) => row.key),
      ['first'],
    )
  } finally {
    await opened.close()
  }
  const again = await openDatabase({ url: '', folder })
  await again.close()
})

test('of several processes that find the folder of a killed one, exactly one opens it', async () => {
  const folder = join(root, 'b', 'database')
  const killed = await holder(folder, 'killed')
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  const takers = await Promise.all(['x', 'y', 'z'].map((mark) => holder(folder, mark)))
  assert.equal(takers.filter((taker) => taker.said === 'open').length, 1)
})
