import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './databases.ts'
import { demandNobodyIn } from './logs.ts'

const main = resolve(import.meta.dirname, '../../server/main.ts')

export interface OwnProcess {
  url: string
  child: ChildProcess
  /** What it wrote to both outputs so far. */
  log(): string
  /** SIGTERM, then SIGKILL after 12 s; resolves to the exit code, or the signal's name. */
  stop(): Promise<string>
}

/**
 * The control plane by its own `main.ts`, as a process of its own, so that a crash is one; it knows no Jitsi and drives no browser.
 * Resolves when it is ready.
 */
export async function startOwnProcess(options: {
  folder: string
  databaseUrl: string
  environment?: Record<string, string>
}): Promise<OwnProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const path = join(options.folder, 'control-plane.log')
  const output = openSync(path, 'a')
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      TIEPDAN_DATA_FOLDER: options.folder,
      TIEPDAN_STORE_FOLDER: join(options.folder, 'store'),
      TIEPDAN_MASTER_KEY: '11'.repeat(32),
      TIEPDAN_EDGE_SECRET: 'edge-secret-for-tests-0123456789abcdef',
      TIEPDAN_JITSI_URL: 'http://127.0.0.1:9',
      TIEPDAN_EDGE_URL: 'http://127.0.0.1:9',
      TIEPDAN_XMPP_DOMAIN: 'meet.jitsi',
      TIEPDAN_SMTP_URL: 'smtp://127.0.0.1:9',
      TIEPDAN_ROOM_AGENT: 'false',
      TIEPDAN_STORE_RESERVE_MB: '0',
      TIEPDAN_PORT: String(port),
      TIEPDAN_PUBLIC_URL: url,
      TIEPDAN_DATABASE_URL: options.databaseUrl,
      ...options.environment,
    },
  })
  closeSync(output)
  const log = (): string => readFileSync(path, 'utf8')
  const ended = new Promise<string>((done) => child.once('exit', (code, signal) => done(String(code ?? signal))))
  const process_ = {
    url,
    child,
    log,
    async stop() {
      const running = child.exitCode === null && child.signalCode === null
      if (running) child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 12_000)
      const how = await ended
      clearTimeout(hard)
      demandNobodyIn(log(), 'the control plane')
      return how
    },
  }
  const until = performance.now() + 120_000
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the control plane ended at its start: ${log()}`)
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return process_
    await pause(100)
  }
  await process_.stop()
  throw new Error(`the control plane does not answer: ${log()}`)
}
