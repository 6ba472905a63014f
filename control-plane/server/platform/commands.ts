import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

/**
 * Answers in Vietnamese by `say`, line by line while it works; resolves to whether all is well (the exit code). `gone` is aborted when the one who
 * asked hangs up.
 */
export type CommandHandler = (
  given: Record<string, string>,
  say: (line: string) => void,
  gone?: AbortSignal,
) => Promise<boolean>

export const commandSocketPath = (dataFolder: string): string => join(resolve(dataFolder), 'commands.sock')

const longestRequest = 1024 * 1024
// sockaddr_un.sun_path of Linux, its closing zero included.
const longestPath = 107

/**
 * The channel for commands typed on the server itself: HTTP over a Unix socket in the data folder, open to the owner of the process
 * (and root) alone. The embedded database has one owner, so a command cannot open it beside the running server.
 * `POST /<name>` with string members; the answer is one JSON object a line, `{say}` while it works and `{ok}` at the end.
 */
export function commandSocket(platform: Platform, modules: () => Module[]): Module {
  const path = commandSocketPath(platform.config.dataFolder)
  let server: Server | undefined
  return {
    name: 'command-socket',
    async start() {
      if (path.length > longestPath) {
        platform.log.warn({ path }, 'commands are off: the data folder has too long a name for a socket')
        return
      }
      mkdirSync(platform.config.dataFolder, { recursive: true, mode: 0o700 })
      if (existsSync(path)) {
        if (await answers(path)) {
          platform.log.info({ path }, 'commands are answered by another process on this data folder')
          return
        }
        // Left behind by a process that was killed.
        rmSync(path, { force: true })
      }
      server = createServer((request, response) => {
        answer(request, response, find(modules())).catch((error: unknown) => {
          platform.log.error({ err: error, command: request.url }, 'command failed')
          write(response, { say: 'Lệnh không thực hiện được. Xem nhật ký của máy chủ.' })
          write(response, { ok: false })
          response.end()
        })
      })
      await listenPrivately(server, path)
    },
    async stop() {
      const closing = server
      server = undefined
      if (!closing) return
      closing.closeAllConnections()
      await new Promise<void>((done) => closing.close(() => done()))
    },
  }
}

const find = (modules: Module[]) => (name: string) =>
  modules.map((module) => module.commands?.[name]).find((handler) => handler !== undefined)

const write = (response: ServerResponse, line: object): void => void response.write(`${JSON.stringify(line)}\n`)

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlerOf: (name: string) => CommandHandler | undefined,
): Promise<void> {
  const name = (request.url ?? '').slice(1)
  const handler = handlerOf(name)
  response.setHeader('content-type', 'application/x-ndjson; charset=utf-8')
  if (!handler) {
    response.statusCode = 404
    write(response, { say: `Không có lệnh "${name}".` })
    write(response, { ok: false })
    response.end()
    return
  }
  const given = await readGiven(request)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const ok = await handler(given, (line) => write(response, { say: line }), gone.signal)
  write(response, { ok })
  response.end()
}

async function readGiven(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > longestRequest) throw new Error('command request is too long')
  }
  const given: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof given !== 'object' || given === null) throw new Error('command request is not an object')
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]))
}

/** The socket file comes into being with mode 0600: there is no moment at which others may connect. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed)
    const before = process.umask(0o177)
    try {
      server.listen(path, () => {
        server.off('error', failed)
        chmodSync(path, 0o600)
        done()
      })
    } finally {
      process.umask(before)
    }
  })
}

/** True when a living process accepts connections on the socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      done(true)
    })
    probe.once('error', () => done(false))
  })
}
