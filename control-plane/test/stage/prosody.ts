import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'

export interface StageXmpp {
  domain: string
  muc: string
  auth: string
  focus: string
  recorder: string
}

export const stageXmpp: StageXmpp = {
  domain: 'meet.jitsi',
  muc: 'conference.meet.jitsi',
  auth: 'auth.meet.jitsi',
  focus: 'focus.meet.jitsi',
  recorder: 'recorder.meet.jitsi',
}

interface Options {
  folder: string
  port: number
  controlPlaneUrl: string
  edgeSecret: string
  focusPassword: string
  recorderPassword: string
  edge?: EdgeSettings
}

export interface EdgeSettings {
  /** How long a room lives that neither the control plane nor a person's token has proved (the module's default is 20 s). */
  graceSeconds?: number
  /** Jitsi's setting of that name, which ours leave out: who has no token comes in all the same. */
  allowEmptyToken?: boolean
  /** Loads `stage_faults`: what goes wrong inside Prosody, by nickname. */
  faults?: boolean
}

export interface StageProsody {
  /** Its HTTP port: WebSocket and the edge module. */
  httpUrl: string
  /** Where the edge module answers: Prosody tells its hosts apart by name. */
  edgeUrl: string
  pid(): number | undefined
  start(): Promise<void>
  /** SIGKILL, as a crash. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const plugins = [
  resolve(import.meta.dirname, '../../../jitsi-config/prosody-plugins'),
  resolve(import.meta.dirname, 'prosody'),
]

/**
 * Lays down in Prosody's own form the user that Jicofo signs in as. `seen`: the component that passes conference requests on stands in its roster, as after
 * `prosodyctl mod_roster_command subscribe`; without it each request is answered service-unavailable.
 */
export function storeFocus(dataFolder: string, password: string, seen = true): void {
  storeAccount(dataFolder, stageXmpp.auth, { user: 'focus', password })
  const entry = `["${stageXmpp.focus}"] = { ["subscription"] = "from"; ["groups"] = {}; };`
  const roster = `return { [false] = { ["version"] = 1; ["pending"] = {}; }; ${seen ? entry : ''} };\n`
  store(dataFolder, stageXmpp.auth, 'roster', 'focus', roster)
}

function storeAccount(dataFolder: string, host: string, { user, password }: { user: string; password: string }): void {
  store(dataFolder, host, 'accounts', user, `return { ["password"] = ${JSON.stringify(password)}; };\n`)
}

function store(dataFolder: string, host: string, kind: 'accounts' | 'roster', user: string, lua: string): void {
  const folder = join(dataFolder, host.replaceAll('.', '%2e'), kind)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${user}.dat`), lua)
}

/** Debian's Prosody 0.12 with our edge module as in production and the stage's stand-ins for Jitsi's modules. */
export async function createStageProsody(options: Options): Promise<StageProsody> {
  const { folder, port } = options
  mkdirSync(join(folder, 'accounts'), { recursive: true })
  const data = join(folder, 'data')
  storeFocus(data, options.focusPassword)
  storeAccount(data, stageXmpp.recorder, { user: 'recorder', password: options.recorderPassword })
  const configuration = join(folder, 'prosody.cfg.lua')
  writeFileSync(configuration, prosodyConfiguration(options))
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const log = openSync(join(folder, 'prosody.log'), 'a')
    child = spawn('prosody', ['-F', '--config', configuration], { stdio: ['ignore', log, log] })
    const started = child
    for (let attempt = 0; attempt < 100; attempt++) {
      if (started.exitCode !== null) throw new Error(`Prosody ended at once: see ${join(folder, 'prosody.log')}`)
      if (await answers(port)) return
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`Prosody does not answer on port ${port}: see ${join(folder, 'prosody.log')}`)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null) return
    const ended = new Promise<void>((done) => ending.once('exit', () => done()))
    ending.kill(signal)
    const hard = setTimeout(() => ending.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(hard)
  }

  await start()
  return {
    httpUrl: `http://127.0.0.1:${port}`,
    edgeUrl: `http://localhost:${port}`,
    pid: () => child?.pid,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })

function prosodyConfiguration({ folder, port, controlPlaneUrl, edgeSecret, edge = {} }: Options): string {
  const { domain, muc, auth, focus, recorder } = stageXmpp
  return `
run_as_root = true
daemonize = false
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
plugin_paths = { ${plugins.map((path) => `"${path}"`).join(', ')} }
interfaces = { "127.0.0.1" }
c2s_ports = {}
s2s_ports = {}
http_ports = { ${port} }
http_interfaces = { "127.0.0.1" }
https_ports = {}
http_default_host = "${domain}"
consider_websocket_secure = true
c2s_require_encryption = false
smacks_hibernation_time = 15
log = { { levels = { min = "info" }, to = "console" } }
modules_enabled = { "saslauth", "disco", "ping", "websocket", "bosh", "smacks" }
consider_bosh_secure = true
allow_empty_token = ${edge.allowEmptyToken === true}
modules_disabled = { "s2s", "tls", "offline" }
limits = { c2s = { rate = "512kb/s" } }

VirtualHost "${domain}"
  authentication = "stage_token"
  asap_key_server = "${controlPlaneUrl}/api/asap"
  asap_accepted_issuers = { "tiepdan" }
  asap_accepted_audiences = { "jitsi" }
  modules_enabled = { "stage_reservations", "stage_filter_iq_jibri" }
  stage_muc = "${muc}"
  reservations_api_prefix = "${controlPlaneUrl}/api/reservations"
  reservations_api_headers = { Authorization = "Bearer ${edgeSecret}" }
  reservations_api_retry_delay = 1

VirtualHost "${auth}"
  authentication = "internal_plain"

VirtualHost "${recorder}"
  authentication = "internal_plain"

Component "${muc}" "muc"
  http_host = "localhost"
  storage = "memory"
  modules_enabled = { "stage_token_rooms", "stage_room_events", ${edge.faults === true ? '"stage_faults", ' : ''}"tiepdan_edge" }
  restrict_room_creation = true
  muc_room_locking = false
  muc_room_default_public_jids = true
  muc_max_rooms = 10000
  admins = { "focus@${auth}" }
  stage_domain = "${domain}"
  stage_trusted_domains = { "${auth}", "${recorder}" }
  tiepdan_edge_url = "${controlPlaneUrl}"
  tiepdan_edge_secret = "${edgeSecret}"
  tiepdan_edge_folder = "${folder}/edge-queue"
  tiepdan_edge_ignored_domains = { "${auth}", "${recorder}", "recorder:${recorder}" }
  ${edge.graceSeconds === undefined ? '' : `tiepdan_edge_grace_seconds = ${edge.graceSeconds}`}

Component "${focus}" "stage_focus_proxy"
  target_address = "focus@${auth}"
`
}
