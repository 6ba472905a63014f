import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createMediaSandbox } from '../../server/recordings/media-sandbox.ts'
import { createMediaTools } from '../../server/recordings/media-tools.ts'
import { aFilm, until } from './recorder-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiepdan-sandbox-'))
const sandbox = createMediaSandbox('required')
const media = createMediaTools(sandbox)
const signal = new AbortController().signal
const at = (name: string): string => join(folder, name)

before(() => {
  writeFileSync(at('whole.mkv'), aFilm(folder))
  writeFileSync(at('secret.mp4'), 'what nobody may read')
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** Processes that have this in their command line. */
const processesWith = (words: string): string[] =>
  readdirSync('/proc').filter((process) => {
    try {
      return readFileSync(join('/proc', process, 'cmdline'), 'utf8').includes(words) && process !== 'self'
    } catch {
      return false
    }
  })

test('a run sees its one file and nothing else: not the disk, not the network, not other processes, and no privileges', async () => {
  const server = createServer((_request, response) => response.end(readFileSync(at('secret.mp4'))))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const limits = { cpuSeconds: 10, memoryBytes: 512 * 1024 ** 2, outputBytes: 50 * 1024 ** 2, wallMs: 30_000 }
  const out = at('out')
  mkdirSync(out)
  try {
    // Not as our tools call it, but as a hole in ffmpeg could make it: every address is asked for outright.
    const wanted = [
      `file:${at('secret.mp4')}`,
      'file:/etc/passwd',
      'file:/proc/self/environ',
      'file:/in/../etc/passwd',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/film.mp4`,
      'file:/out/../../etc/passwd',
    ]
    for (const address of wanted) {
      const args = [
        '-v',
        'error',
        '-y',
        '-f',
        'data',
        '-i',
        address,
        '-map',
        '0',
        '-c',
        'copy',
        '-f',
        'data',
        'file:/out/copy',
      ]
      const answer = await sandbox.run('ffmpeg', args, { input: at('whole.mkv'), output: out, limits, signal })
      assert.ok(answer.is === 'limits' || answer.code !== 0, address)
      assert.ok(!existsSync(join(out, 'copy')) || statSync(join(out, 'copy')).size === 0, address)
    }
    // The input cannot be written, nor anything outside the output.
    const before = readFileSync(at('whole.mkv'))
    for (const target of ['file:/in/film', 'file:/usr/film', `file:${at('written.mkv')}`]) {
      const args = [
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-t',
        '0.1',
        '-i',
        'testsrc=size=64x64',
        '-f',
        'matroska',
        target,
      ]
      const answer = await sandbox.run('ffmpeg', args, { input: at('whole.mkv'), output: out, limits, signal })
      assert.ok(answer.is === 'limits' || answer.code !== 0, target)
    }
    assert.ok(readFileSync(at('whole.mkv')).equals(before))
    assert.ok(!existsSync(at('written.mkv')))
  } finally {
    server.close()
  }
})

test('processor time, memory and what is written are bounded; an end by a limit is the file’s fault, a wait on the clock is ours', async () => {
  const out = at('bounded')
  mkdirSync(out)
  const roomy = { cpuSeconds: 10, memoryBytes: 512 * 1024 ** 2, outputBytes: 50 * 1024 ** 2, wallMs: 60_000 }
  const run = (args: string[], limits: Partial<typeof roomy>) =>
    sandbox.run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], {
      input: at('whole.mkv'),
      output: out,
      limits: { ...roomy, ...limits },
      signal,
    })
  const endless = ['-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=30']
  const busy = await run([...endless, '-f', 'null', '-'], { cpuSeconds: 1 })
  assert.equal(busy.is, 'limits', 'time')
  const large = await run([...endless, '-c:v', 'rawvideo', '-f', 'rawvideo', 'file:/out/large'], {
    outputBytes: 3 * 1024 ** 2,
  })
  assert.ok(large.is === 'limits' || large.code !== 0, 'output')
  assert.ok(statSync(join(out, 'large')).size <= 3 * 1024 ** 2)
  const swollen = [
    '-threads',
    '1',
    '-f',
    'matroska',
    '-i',
    'file:/in/film',
    '-frames:v',
    '1',
    '-vf',
    'scale=15000:15000',
  ]
  const fat = await run([...swollen, '-f', 'null', '-'], { memoryBytes: 256 * 1024 ** 2 })
  assert.ok(fat.is === 'limits' || fat.code !== 0, 'memory')
  await assert.rejects(run(['-re', ...endless, '-f', 'null', '-'], { wallMs: 1_000 }), /took longer than 1 s/)
})

test('a Matroska that swells when it is unpacked is ended at the size of a copy', async () => {
  const seen = await media.probe(at('whole.mkv'), signal)
  assert.ok(seen.is === 'media')
  mkdirSync(at('made'))
  writeFileSync(at('made/chapters.ffmeta'), ';FFMETADATA1\n')
  const source = { path: at('whole.mkv'), bytes: statSync(at('whole.mkv')).size, facts: seen.facts }
  assert.equal(await media.remux(source, at('made'), signal), undefined)
  // As if it had been declared far smaller than what comes out of it.
  const refused = await media.remux({ ...source, bytes: -25 * 1024 ** 2 - 900_000 }, at('made'), signal)
  assert.equal(refused?.why, 'too-heavy')
})

test('a run that is broken off ends at whatever moment that comes, also while bubblewrap is setting up, and leaves no process', async () => {
  const limits = { cpuSeconds: 10, memoryBytes: 512 * 1024 ** 2, outputBytes: 0, wallMs: 60_000 }
  const input = at('whole.mkv')
  const args = ['-v', 'error', '-show_entries', 'format=duration', 'file:/in/film']
  // bubblewrap sets up for a moment some milliseconds after the start, later on a busy machine.
  for (let n = 0; n < 400; n++) {
    const afterMs = 1 + (n % 40) * 0.6
    const stop = new AbortController()
    const run = sandbox.run('ffprobe', args, { input, limits, signal: stop.signal }).catch(() => undefined)
    const timer = setTimeout(() => stop.abort(), afterMs)
    const late = pause(4_000, 'late', { ref: false })
    assert.notEqual(await Promise.race([run, late]), 'late', `broken off after ${afterMs} ms`)
    clearTimeout(timer)
  }
  await until('no process of it is left', async () => processesWith(input).length === 0)
})

test('when bubblewrap does not work here, nothing is run unless the setting says so', async () => {
  const path = process.env.PATH
  const tools = at('tools')
  mkdirSync(tools)
  for (const name of ['ffprobe', 'ffmpeg', 'choom', 'prlimit', 'setpriv'])
    execFileSync('ln', ['-s', execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(tools, name)])
  process.env.PATH = tools
  try {
    await assert.rejects(createMediaTools(createMediaSandbox('required')).probe(at('whole.mkv'), signal), /bubblewrap/)
    const loose = createMediaSandbox('where-possible')
    assert.match((await loose.obstacle()) ?? '', /bwrap/)
    const seen = await createMediaTools(loose).probe(at('whole.mkv'), signal)
    assert.equal(seen.is, 'media')
  } finally {
    process.env.PATH = path
  }
  assert.equal(await sandbox.obstacle(), null)
})

test('a run ends with the process that started it, even when that is killed', async () => {
  const out = at('orphan')
  mkdirSync(out)
  const module = join(import.meta.dirname, '../../server/recordings/media-sandbox.ts')
  const source = `
    import { createMediaSandbox } from ${JSON.stringify(module)}
    const limits = { cpuSeconds: 60, memoryBytes: ${512 * 1024 ** 2}, outputBytes: ${1024 ** 3}, wallMs: 60000 }
    const args = ['-v', 'error', '-y', '-re', '-f', 'lavfi', '-i', 'testsrc=size=64x64', '-c:v', 'rawvideo', '-f', 'rawvideo', 'file:/out/' + 'growing']
    await createMediaSandbox(process.argv[1]).run('ffmpeg', args, { input: ${JSON.stringify(at('whole.mkv'))}, output: ${JSON.stringify(out)}, limits, signal: new AbortController().signal })`
  for (const mode of ['required', 'where-possible']) {
    rmSync(join(out, 'growing'), { force: true })
    const child = spawn(process.execPath, ['--input-type=module', '-e', source, mode], { stdio: 'inherit' })
    await until('it writes', async () => existsSync(join(out, 'growing')))
    assert.notEqual(processesWith('/growing').length, 0)
    child.kill('SIGKILL')
    await until('nobody writes', async () => processesWith('/growing').length === 0)
  }
})
