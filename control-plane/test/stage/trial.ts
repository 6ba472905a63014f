import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { Secret } from 'otpauth'
import { type Role, roleLabels } from '../../contract/words.ts'
import { freePort } from '../support/databases.ts'
import { type StageRecorder, startStageRecorder } from './jibri.ts'
import { type MailCatcher, startMailCatcher } from './mail.ts'
import { type Stage, startStage } from './stage.ts'

export interface TrialAccount {
  username: string
  password: string
  role: Role
  displayName: string
  totpSecret?: string
  endpoint?: string
}

export interface TrialPorts {
  controlPlane: number
  prosody: number
  web: number
  focus: number
  mail: number
  recorders: number[]
}

export interface Trial {
  url: string
  folder: string
  accounts: TrialAccount[]
  stage: Stage
  mail: MailCatcher
  recorders: StageRecorder[]
  /** The control plane's process. */
  pid(): number | undefined
  startControlPlane(): Promise<void>
  /** SIGKILL, as a crash. */
  killControlPlane(): Promise<void>
  stop(): Promise<void>
}

export interface TrialOptions {
  folder: string
  /** Fixed ports for a person's trial; free ones for tests. */
  ports?: TrialPorts
  databaseUrl?: string
  recorders?: number
  environment?: Record<string, string>
  /** Settings of the recorder hosts' daemons. */
  daemon?: Record<string, string>
  /** What of the stage's doors stands open that must not. */
  stage?: Pick<Parameters<typeof startStage>[0], 'edge' | 'opensConferenceRequest'>
  onProgress?(step: string): void
}

const main = resolve(import.meta.dirname, '../../server/main.ts')

const seats: { username: string; role: Role; endpoint?: string }[] = [
  { username: 'vanphong', role: 'office' },
  { username: 'bantcd', role: 'reception-board' },
  { username: 'chutich', role: 'chairman' },
  { username: 'thanhtra', role: 'inspector' },
  { username: 'canboxa', role: 'commune-officer', endpoint: 'quy-nhon' },
  { username: 'quantri', role: 'administrator' },
]

interface Kept {
  masterKey: string
  edgeSecret: string
  serviceSecret: string
}

/** Secrets and accounts of a trial: made once, kept in its folder. */
function prepare(folder: string): { kept: Kept; accounts: TrialAccount[] } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const secretsPath = join(folder, 'trial.json')
  if (!existsSync(secretsPath)) {
    const made: Kept = {
      masterKey: randomBytes(32).toString('hex'),
      edgeSecret: randomBytes(24).toString('hex'),
      serviceSecret: randomBytes(24).toString('hex'),
    }
    writeFileSync(secretsPath, JSON.stringify(made), { mode: 0o600 })
  }
  const accountsPath = join(folder, 'accounts.json')
  if (!existsSync(accountsPath)) {
    const made = seats.map(
      (seat): TrialAccount => ({
        ...seat,
        displayName: roleLabels[seat.role],
        password: `thu-${randomBytes(6).toString('base64url')}`,
        // The roles that must use a second factor have it set up already; scripts/sign-in-code tells the present code.
        ...(seat.role === 'office' || seat.role === 'administrator'
          ? { totpSecret: new Secret({ size: 20 }).base32 }
          : {}),
      }),
    )
    writeFileSync(accountsPath, JSON.stringify(made, null, 2), { mode: 0o600 })
  }
  return {
    kept: JSON.parse(readFileSync(secretsPath, 'utf8')) as Kept,
    accounts: JSON.parse(readFileSync(accountsPath, 'utf8')) as TrialAccount[],
  }
}

/** The whole system on one machine: stage, recorders, a mail server that keeps every mail, and the control plane as a process of its own. */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const { folder } = options
  const say = options.onProgress ?? (() => undefined)
  const { kept, accounts } = prepare(folder)
  const recorderCount = options.recorders ?? 2
  const ports = options.ports ?? (await freePorts(recorderCount))
  const url = `http://127.0.0.1:${ports.controlPlane}`
  say('Khởi động máy chủ phòng họp (Prosody)')
  const recorderUrls = ports.recorders.slice(0, recorderCount).map((port) => `http://127.0.0.1:${port}`)
  const stage = await startStage({
    folder: join(folder, 'stage'),
    controlPlaneUrl: url,
    edgeSecret: kept.edgeSecret,
    ports: { prosody: ports.prosody, web: ports.web, focus: ports.focus },
    jibris: recorderUrls,
    ...options.stage,
  })
  const mail = await startMailCatcher({ folder: join(folder, 'mails'), port: ports.mail })
  let child: ChildProcess | undefined

  async function startControlPlane(): Promise<void> {
    const path = join(folder, 'control-plane.log')
    const log = openSync(path, 'a')
    const started = spawn(process.execPath, [main], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        TIEPDAN_DATA_FOLDER: folder,
        TIEPDAN_STORE_FOLDER: join(folder, 'store'),
        // Ubuntu and many containers let nobody but root make the empty machine; a trial must run there too.
        TIEPDAN_MEDIA_SANDBOX: 'where-possible',
        TIEPDAN_MASTER_KEY: kept.masterKey,
        TIEPDAN_PORT: String(ports.controlPlane),
        TIEPDAN_PUBLIC_URL: url,
        TIEPDAN_DATABASE_URL: options.databaseUrl ?? '',
        TIEPDAN_SMTP_URL: mail.url,
        TIEPDAN_SEED_ACCOUNTS: join(folder, 'accounts.json'),
        TIEPDAN_STORE_RESERVE_MB: '100',
        ...stage.environment,
        ...options.environment,
      },
    })
    child = started
    started.once('exit', (code, signal) => {
      if (child === started) say(`Hệ thống điều khiển đã dừng (${code ?? signal}), lý do ở cuối tệp ${path}`)
    })
    for (let attempt = 0; attempt < 600; attempt++) {
      if (started.exitCode !== null) throw new Error(`the control plane ended with ${started.exitCode}: see ${path}`)
      const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        (answer) => answer.ok,
        () => false,
      )
      if (ready) return
      await new Promise((done) => setTimeout(done, 100))
    }
    throw new Error('the control plane does not answer')
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise<void>((done) => ending.once('exit', () => done()))
    ending.kill(signal)
    const hard = setTimeout(() => ending.kill('SIGKILL'), 12_000)
    await ended
    clearTimeout(hard)
  }

  say('Khởi động hệ thống điều khiển và cơ sở dữ liệu')
  await startControlPlane()
  const recorders: StageRecorder[] = []
  for (const [index, port] of ports.recorders.slice(0, recorderCount).entries()) {
    const name = `jibri-${index + 1}`
    say(`Khởi động máy ghi hình ${name}`)
    await command(folder, 'ensure-service-credential', {
      name: `recorder-${name}`,
      secret: kept.serviceSecret,
      hosts: name,
    })
    recorders.push(
      await startStageRecorder({
        folder: join(folder, 'recorders'),
        name,
        port,
        focusUrl: stage.focusUrl,
        account: stage.recorder,
        controlPlaneUrl: url,
        serviceSecret: kept.serviceSecret,
        daemon: { REPORT_MS: '3000', SWEEP_MS: '3000', SETTLED_MS: '6000', NOT_GROWING_MS: '25000', ...options.daemon },
      }),
    )
  }
  return {
    url,
    folder,
    accounts,
    stage,
    mail,
    recorders,
    pid: () => child?.pid,
    startControlPlane,
    killControlPlane: () => end('SIGKILL'),
    async stop() {
      for (const recorder of recorders) await recorder.stop()
      await end('SIGTERM')
      await stage.stop()
      await mail.stop()
    },
  }
}

async function freePorts(recorders: number): Promise<TrialPorts> {
  const taken: number[] = []
  while (taken.length < 5 + recorders) {
    const port = await freePort()
    if (!taken.includes(port)) taken.push(port)
  }
  const [controlPlane = 0, prosody = 0, web = 0, focus = 0, mail = 0, ...rest] = taken
  return { controlPlane, prosody, web, focus, mail, recorders: rest }
}

/** A command to the running control plane, through its socket in the data folder. */
export function command(folder: string, name: string, given: Record<string, string>): Promise<string[]> {
  return new Promise((done, failed) => {
    const asking = request(
      { socketPath: join(resolve(folder), 'commands.sock'), path: `/${name}`, method: 'POST' },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        // The server died half-way.
        answer.on('error', failed)
        answer.on('end', () => {
          const lines = text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as { say?: string; ok?: boolean })
          if (lines.at(-1)?.ok === true) done(lines.flatMap((line) => line.say ?? []))
          else failed(new Error(lines.map((line) => line.say ?? '').join(' ')))
        })
      },
    )
    asking.on('error', failed)
    asking.end(JSON.stringify(given))
  })
}
