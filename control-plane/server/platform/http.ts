import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import websocket from '@fastify/websocket'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { Logger } from 'pino'
import type { Actor } from './actor.ts'
import { unboundedParts } from './bounds.ts'
import type { Config } from './config.ts'
import { isDatabaseGone, OutcomeUnknown } from './database-faults.ts'
import { Problem, problemDocument } from './problem.ts'
import { validatorCompiler } from './validation.ts'
import { faultInWords } from './validation-words.ts'

/** The HTTP application, with route schemas typed by TypeBox. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set by identity before any handler runs. */
    actor: Actor
  }
  interface FastifyContextConfig {
    /**
     * The permission this route demands (identity/permissions.ts), a family of callers (identity/guard.ts), or 'public': nobody is asked, or the
     * body itself is the credential. A route without one does not start.
     */
    may?: string
    /**
     * The answer is nobody's: it says the same to everybody who asks, so browsers and proxies may keep it. Every other answer is `no-store`;
     * so is every refusal.
     */
    mayBeKept?: true
  }
}

/** What a body may weigh, in bytes, where the route says nothing else; where nobody was asked who he is, it is little. */
const bodyBytes = 64 * 1024
const strangersBodyBytes = 4 * 1024
/** A WebSocket message; the largest of ours is a room PC's state. */
const messageBytes = 16 * 1024
const mostFaults = 50
const malformedTitle = 'Yêu cầu không hợp lệ. Vui lòng tải lại trang rồi thử lại.'
const problemType = 'application/problem+json'
/** For every answer that is not the same for everybody: a room's shared PC, a browser's "back", a proxy on the way keep nothing of it. */
export const noStore = { 'cache-control': 'no-store' } as const

/** Builds the application with everything that holds for every route: limits, headers, problem documents, OpenAPI. */
export async function createHttp(config: Config, log: Logger): Promise<App> {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy,
    bodyLimit: bodyBytes,
    requestTimeout: 120_000,
    connectionTimeout: 130_000,
    forceCloseConnections: true,
    // Before any route: an address that cannot be read, a parameter that is too long.
    frameworkErrors: (error, _request, reply) => {
      const problem = asProblem(error)
      reply.raw.writeHead(problem.status, { 'content-type': problemType, ...noStore })
      reply.raw.end(JSON.stringify(problemDocument(problem)))
    },
    clientErrorHandler: refuseMalformed,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorateRequest('actor')
  app.setValidatorCompiler(validatorCompiler)
  demandBounds(app)
  app.setErrorHandler<FastifyError | Problem>((error, request, reply) => {
    const problem = asProblem(error)
    if (problem.status >= 500) request.log.error({ err: error, problem: problem.type }, 'request failed')
    return reply.status(problem.status).type(problemType).send(problemDocument(problem))
  })
  app.setNotFoundHandler((_request, reply) => reply.status(404).type(problemType).send(problemDocument(noSuchRoute())))
  // Before its body is read.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw noSuchRoute()
  })
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the address itself: an address may carry a code.
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  await app.register(cookie)
  await app.register(websocket, { options: { maxPayload: messageBytes } })
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurity(config) },
    crossOriginEmbedderPolicy: false,
    strictTransportSecurity: config.publicUrl.startsWith('https:'),
  })
  // The embedded Jitsi Meet needs camera, microphone and screen; nobody else does.
  app.addHook('onSend', async (request, reply) => {
    if (request.routeOptions.config?.mayBeKept !== true || reply.statusCode >= 400) reply.headers(noStore)
    reply.header(
      'permissions-policy',
      ['camera', 'microphone', 'display-capture', 'autoplay', 'fullscreen']
        .map((feature) => `${feature}=(self "${config.jitsiUrl}")`)
        .join(', '),
    )
  })
  await app.register(rateLimit, {
    global: true,
    max: 1200,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, context) =>
      new Problem('too-many-requests', {
        status: 429,
        title: `Quá nhiều yêu cầu. Vui lòng thử lại sau ${Math.ceil(context.ttl / 1000)} giây.`,
        retryable: true,
      }),
  })
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Tiếp công dân trực tuyến', version: '1' } },
  })
  return app as unknown as App
}

/** What is no HTTP at all: told as a problem document on the bare line, which then is closed. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const known: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }
  const status = known[error.code ?? ''] ?? 400
  const body = JSON.stringify(problemDocument(new Problem('malformed-request', { status, title: malformedTitle })))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroy(error)
}

/** 404: no route has this address. */
export const noSuchRoute = (): Problem =>
  new Problem('no-such-route', {
    status: 404,
    title: 'Địa chỉ này không tồn tại. Vui lòng kiểm tra lại đường dẫn.',
  })

/** Gives strangers small bodies; a route that takes more of anything than it says keeps the application from starting, and is named. */
function demandBounds(app: Pick<FastifyInstance, 'addHook'>): void {
  const unbounded: string[] = []
  app.addHook('onRoute', (route) => {
    if (route.config?.may === 'public') route.bodyLimit ??= strangersBodyBytes
    for (const part of ['params', 'querystring', 'body', 'headers'] as const) {
      const schema = route.schema?.[part]
      if (schema === undefined) continue
      const parts = unboundedParts(schema).map((where) => `${route.method} ${route.url} ${part} ${where}`)
      unbounded.push(...parts)
    }
  })
  app.addHook('onReady', async () => {
    if (unbounded.length > 0) throw new Error(`Requests without bounds:\n${unbounded.join('\n')}`)
  })
}

function contentSecurity(config: Config): Record<string, string[]> {
  const socket = config.jitsiUrl.replace(/^http/, 'ws')
  return {
    'default-src': ["'self'"],
    'script-src': ["'self'", config.jitsiUrl],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:'],
    'media-src': ["'self'", 'blob:'],
    'font-src': ["'self'", 'data:'],
    'connect-src': ["'self'", config.jitsiUrl, socket],
    'frame-src': ["'self'", config.jitsiUrl],
    'worker-src': ["'self'", 'blob:'],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'object-src': ["'none'"],
  }
}

function asProblem(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  if (error.validation) {
    const more = error.validation.length - mostFaults
    return new Problem('invalid-input', {
      status: 400,
      title: 'Dữ liệu chưa hợp lệ. Vui lòng sửa các mục được nêu.',
      ...(more > 0 ? { detail: `Chỉ nêu ${mostFaults} mục đầu; còn ${more} mục nữa.` } : {}),
      faults: error.validation.slice(0, mostFaults).map((fault) => ({
        // A name that the sender chose may be as long as his body.
        field: [error.validationContext ?? 'body', ...fieldOf(fault)].join('.').slice(0, 200),
        message: faultInWords(fault),
      })),
    })
  }
  const status = error.statusCode ?? 500
  if (status < 500) {
    return new Problem(error.code?.toLowerCase().replaceAll('_', '-') ?? 'bad-request', {
      status,
      title: malformedTitle,
    })
  }
  if (error instanceof OutcomeUnknown) {
    return new Problem('outcome-unknown', {
      status: 503,
      title: 'Mất kết nối cơ sở dữ liệu đúng lúc đang ghi. Vui lòng tải lại trang, xem đã ghi chưa rồi mới làm lại.',
      cause: error,
    })
  }
  const unavailable = isDatabaseGone(error)
  return new Problem(unavailable ? 'database-unavailable' : 'internal', {
    status: unavailable ? 503 : 500,
    title: 'Hệ thống đang tạm gián đoạn. Rất mong ông/bà thông cảm và thử lại sau ít phút.',
    retryable: true,
    cause: error,
  })
}

function fieldOf(fault: { instancePath: string; params?: Record<string, unknown> }): string[] {
  const inside = fault.instancePath.split('/').filter((part) => part !== '')
  const named = fault.params?.missingProperty ?? fault.params?.additionalProperty
  return typeof named === 'string' ? [...inside, named] : inside
}
