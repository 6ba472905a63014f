import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../platform/config.ts'
import { type Secrets, sameSecret } from '../platform/secrets.ts'

const browserMemorySeconds = 180 * 24 * 3600

/** The session cookie, and the cookie by which a browser shows that this person signed in on it before. */
export interface Cookies {
  session(request: FastifyRequest): string | undefined
  setSession(reply: FastifyReply, token: string): void
  clearSession(reply: FastifyReply): void
  /** The browser's id, when it carries genuine proof of an earlier full sign-in under this user name. */
  provenBrowser(request: FastifyRequest, username: string): string | undefined
  proveBrowser(reply: FastifyReply, username: string): void
}

export function createCookies(config: Config, secrets: Secrets): Cookies {
  const secure = config.publicUrl.startsWith('https:')
  // The prefix makes the browser refuse a cookie planted by another host or over plain HTTP (RFC 6265bis §4.1.3.2).
  const prefix = secure ? '__Host-' : ''
  const sessionName = `${prefix}tiepdan`
  const common = { path: '/', httpOnly: true, secure, sameSite: 'strict' } as const
  const browserName = (username: string) =>
    `${prefix}tiepdan-browser-${secrets.mac('browser-name', username).slice(0, 8)}`
  const proof = (username: string, id: string) => secrets.mac('browser-proof', `${username} ${id}`)
  return {
    session: (request) => request.cookies[sessionName],
    setSession: (reply, token) => void reply.setCookie(sessionName, token, common),
    clearSession: (reply) => void reply.clearCookie(sessionName, common),
    provenBrowser(request, username) {
      const [id, shown] = (request.cookies[browserName(username)] ?? '').split('.')
      if (id === undefined || shown === undefined) return undefined
      return sameSecret(shown, proof(username, id)) ? id : undefined
    },
    proveBrowser(reply, username) {
      const id = randomUUID()
      reply.setCookie(browserName(username), `${id}.${proof(username, id)}`, {
        ...common,
        maxAge: browserMemorySeconds,
      })
    },
  }
}
