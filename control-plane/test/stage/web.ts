import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { stageXmpp } from './prosody.ts'

const require = createRequire(import.meta.url)
const pages = join(import.meta.dirname, 'pages')
const meet = join(import.meta.dirname, '../../../jitsi-config/meet')

/** The library as one file: the npm republish wants jQuery on `window` before it loads, and is older than what a deployment serves. */
function library(): string {
  const jquery = readFileSync(require.resolve('jquery/dist/jquery.min.js'), 'utf8')
  const folder = dirname(require.resolve('@lyno/lib-jitsi-meet/package.json'))
  const meet = readFileSync(join(folder, 'lib-jitsi-meet.min.js'), 'utf8')
  const since = readFileSync(join(pages, 'library.js'), 'utf8')
  return `${jquery}\n;window.jquery=window.jQuery;\n${meet}\n${since}`
}

/**
 * The stage's Jitsi web server: the room page at Jitsi's own address form (`/<room>#jwt="…"`), `external_api.js`, the library, and the
 * WebSocket, handed on to Prosody.
 */
export async function startStageWeb(options: {
  port: number
  prosodyUrl: string
  /** The only origin that the room page's script talks to. */
  pageOrigin: string
  /** Jicofo's HTTP port, to which the conference request is handed on; without it the web server refuses it, as ours. */
  focusUrl?: string
}): Promise<{ url: string; stop(): Promise<void> }> {
  const script = 'text/javascript; charset=utf-8'
  const files: Record<string, { type: string; body: string }> = {
    '/libs/lib-jitsi-meet.min.js': { type: script, body: library() },
    '/external_api.js': { type: script, body: readFileSync(join(pages, 'external_api.js'), 'utf8') },
    // The very files that are laid beside Jitsi Meet.
    '/line-watch.js': { type: script, body: readFileSync(join(meet, 'line-watch.js'), 'utf8') },
    '/room-door.js': { type: script, body: readFileSync(join(meet, 'room-door.js'), 'utf8') },
    '/can-lien-ket.html': {
      type: 'text/html; charset=utf-8',
      body: readFileSync(join(meet, 'can-lien-ket.html.j2'), 'utf8')
        .replace('{{ ansible_managed }}', 'CHẠY THỬ')
        .replace(/\{% if tiepdan_office_phone %\}.*\{% endif %\}/, '')
        .replaceAll('https://{{ tiepdan_domain }}', options.pageOrigin),
    },
    '/stage-room.js': { type: script, body: readFileSync(join(pages, 'room.js'), 'utf8') },
    '/stage-devices.js': { type: script, body: readFileSync(join(pages, 'devices.js'), 'utf8') },
    '/stage-settings.json': { type: 'application/json', body: JSON.stringify(stageXmpp) },
  }
  const roomPage = readFileSync(join(pages, 'room.html'), 'utf8').replace('PAGE-ORIGIN', options.pageOrigin)
  const server: Server = createServer((request, response) => {
    // nginx decodes an address and merges its slashes before it looks for a place.
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/').replace(/\/+/g, '/')
    const file = files[path]
    if (path === '/http-bind') handOn(`${options.prosodyUrl}${request.url}`, request, response)
    else if (/\/conference-request(\/|$)/.test(path) && options.focusUrl !== undefined)
      handOn(`${options.focusUrl}/conference-request/v1`, request, response)
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      response.writeHead(/\/conference-request(\/|$)/.test(path) ? 404 : 405).end()
    else if (file) {
      response
        .writeHead(200, {
          'content-type': file.type,
          'cache-control': 'public, max-age=600',
          'access-control-allow-origin': '*',
        })
        .end(file.body)
    } else if (/^\/[a-zA-Z0-9_-]+$/.test(path)) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(roomPage)
    } else {
      response.writeHead(404).end()
    }
  })
  server.on('upgrade', (request, socket, head) => forwardSocket(options.prosodyUrl, request, socket, head))
  await new Promise<void>((done) => server.listen(options.port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${options.port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Hands a request on, body and answer as they are. */
function handOn(url: string, request: IncomingMessage, response: ServerResponse): void {
  const upstream = httpRequest(url, { method: request.method ?? 'GET', headers: request.headers })
  upstream.on('error', () => response.writeHead(502).end())
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  request.pipe(upstream)
}

/** Hands a WebSocket on to Prosody, byte by byte, as nginx does. */
function forwardSocket(
  prosodyUrl: string,
  request: IncomingMessage,
  socket: import('node:stream').Duplex,
  head: Buffer,
): void {
  const upstream = httpRequest(`${prosodyUrl}${request.url}`, { headers: request.headers })
  socket.on('error', () => upstream.destroy())
  upstream.on('error', () => socket.destroy())
  upstream.on('response', (answer) => socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n\r\n`))
  upstream.on('upgrade', (answer, peer, peerHead) => {
    const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`)
    if (peerHead.length > 0) socket.write(peerHead)
    if (head.length > 0) peer.write(head)
    peer.on('error', () => socket.destroy())
    peer.on('close', () => socket.destroy())
    socket.on('close', () => peer.destroy())
    peer.pipe(socket)
    socket.pipe(peer)
  })
  upstream.end()
}
