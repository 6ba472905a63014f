import type { FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify'
import type { Actor } from './actor.ts'
import { hourMs } from './clock.ts'
import type { App } from './http.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'
import { type Draw, drawOf, forgetOldPresses, type KeptPress, keptPress, type Press, pressOf } from './press.ts'
import { Problem } from './problem.ts'

/** What a press has made, for the route that answers it once more. */
export interface Made {
  actor: Actor
  /** The id of the audit row's subject. */
  id: string
  params: Record<string, string>
  /** Draws the secrets that the first answer told, in the same order. */
  draw: Draw
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * How a repeated press is answered (the same `Idempotency-Key`, by the same person). Left out: with nothing where the route answers nothing,
     * else by 409 `already-done`. 'never': the request proves something and leaves a trace each time, also when it fails.
     */
    once?: ((made: Made) => unknown) | 'never'
  }
}

const alreadyDone = (subject: string): Problem =>
  new Problem('already-done', {
    status: 409,
    title: 'Thao tác này đã được thực hiện ở lần bấm trước. Vui lòng tải lại trang để xem kết quả.',
    extra: { made: subject },
  })

const reused = (subject: string): Problem =>
  new Problem('idempotency-key-reused', {
    status: 422,
    title:
      'Lần bấm trước của biểu mẫu này đã được ghi, với nội dung khác. Vui lòng mở bản đã ghi để sửa tiếp; nội dung đang nhập chưa được lưu.',
    extra: { made: subject },
  })

const malformed = (): Problem =>
  new Problem('idempotency-key-malformed', {
    status: 400,
    title: 'Khóa chống gửi trùng của yêu cầu không hợp lệ. Vui lòng tải lại trang rồi thử lại.',
  })

/** The header as a structured field says it (RFC 8941 string), or bare, as many clients send it; undefined without one. @throws Problem 400 */
export function keyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const found = /^(?:"([\x21\x23-\x5b\x5d-\x7e]{8,100})"|([\x21\x23-\x5b\x5d-\x7e]{8,100}))$/.exec(
    String(header).trim(),
  )
  const key = found?.[1] ?? found?.[2]
  if (key === undefined) throw malformed()
  return key
}

/** Whether a request to this route may carry a press: staff's that change something, and whatever says how it is answered again. */
function takesPresses(route: RouteOptions): boolean {
  const { once, may } = route.config ?? {}
  if (once === 'never') return false
  if (typeof once === 'function') return true
  return (
    [route.method].flat().includes('POST') &&
    !['public', 'half-session', 'device', 'service', 'edge'].includes(may ?? '')
  )
}

const successOf = (route: RouteOptions): number => {
  const known = Object.keys((route.schema?.response as object | undefined) ?? {}).map(Number)
  return [201, 200, 204].find((status) => known.includes(status)) ?? 200
}

const whoOf = (actor: Actor): string => (actor.kind === 'anonymous' ? actor.kind : `${actor.kind}:${actor.id}`)

/**
 * One press, one thing (draft-ietf-httpapi-idempotency-key-header): a request that carries `Idempotency-Key` is carried out once, however often it
 * comes. What was made is kept by the audit row's transaction (audit.ts); here a repeated press is recognised and answered anew.
 */
export function installOnce(app: App, platform: Platform): void {
  const turns = new Map<string, Promise<unknown>>()

  /** Attempts of one press in this process go one after the other; those of two processes meet at the table's key. */
  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (turns.get(key) ?? Promise.resolve()).then(work, work)
    const settled = mine.catch(() => undefined)
    turns.set(key, settled)
    try {
      return await mine
    } finally {
      if (turns.get(key) === settled) turns.delete(key)
    }
  }

  function told(request: FastifyRequest, status: number): Press | undefined {
    const key = keyOf(request.headers['idempotency-key'])
    if (key === undefined) return undefined
    const { method, params, body } = request
    const route = request.routeOptions.url
    return pressOf(platform.secrets, {
      who: whoOf(request.actor),
      key,
      request: [method, route, params, body ?? null],
      status,
    })
  }

  app.addHook('onRoute', (route) => {
    if (!takesPresses(route)) return
    const { once } = route.config ?? {}
    const status = successOf(route)
    const handler = route.handler as (...given: Parameters<RouteHandlerMethod>) => unknown
    const again = async (kept: KeptPress, press: Press, request: FastifyRequest): Promise<unknown> => {
      if (kept.fingerprint !== press.fingerprint) throw reused(kept.subject)
      if (typeof once !== 'function') {
        if (kept.status !== 204) throw alreadyDone(kept.subject)
        return null
      }
      const id = kept.subject.slice(kept.subject.indexOf(':') + 1)
      const params = request.params as Record<string, string>
      return once({ actor: request.actor, id, params, draw: drawOf(platform.secrets, kept) })
    }
    route.handler = function (request, reply) {
      const press = told(request, status)
      if (press === undefined) return handler.call(this, request, reply) as ReturnType<RouteHandlerMethod>
      request.actor = { ...request.actor, press }
      const replay = async (kept: KeptPress): Promise<unknown> => {
        const answer = await again(kept, press, request)
        return reply.status(kept.status).header('idempotency-replayed', 'true').send(answer)
      }
      return inTurn(press.key, async () => {
        const before = await keptPress(platform.db, press)
        if (before !== undefined) return replay(before)
        try {
          return await handler.call(this, request, reply)
        } catch (error) {
          // Another process was faster: whatever stood in the way here (its row, its lock) is that it has been done.
          const other = await keptPress(platform.db, press).catch(() => undefined)
          if (other === undefined || other.seed === press.seed) throw error
          return replay(other)
        }
      })
    }
  })
}

/** Recognises repeated presses at every route registered after it, and forgets them after a day. */
export const once = (platform: Platform): Module => ({
  name: 'once',
  routes: (app) => installOnce(app, platform),
  reconciliations: [
    { name: 'once.forget', everyMs: hourMs, run: () => forgetOldPresses(platform.db, platform.clock.now()) },
  ],
})
