import type { FastifyRequest, RouteOptions } from 'fastify'
import { type Actor, anonymousActor } from '../platform/actor.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { forbidden, Problem } from '../platform/problem.ts'
import { sameSecret } from '../platform/secrets.ts'
import { storable } from '../platform/text.ts'
import { isDecision, isPermission, type Permission, roleMay } from './permissions.ts'
import { notSignedIn, type OpenSession, staffActor } from './sign-in.ts'
import type { BearerFamily } from './tokens.ts'

export interface GuardParts {
  /** The session of the request's cookie, whatever step it is at. */
  openSession(request: FastifyRequest): Promise<OpenSession | undefined>
  /** The device or service of the request's bearer token. */
  bearer(family: BearerFamily, request: FastifyRequest): Promise<Actor | null>
}

/**
 * Who may come to a route, beside a permission: `device` and `service` by a bearer token, `edge` is Prosody by the shared secret,
 * `half-session` somebody whose password was right and whose second step may be open.
 */
const families = ['public', 'device', 'service', 'edge', 'half-session']

/**
 * Stands before every route: who calls, may they, and did the request come from our own pages. All of it before a byte of the body is read:
 * what a stranger sends costs nothing. Only where the body is the credential itself (`public`: a password, a code, a link's token) it is read,
 * and then it is small (platform/http.ts).
 * A route without a known `config.may` keeps the application from starting, and is named.
 */
export function installGuard(app: App, platform: Platform, parts: GuardParts): void {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const unknown = routes.filter((route) => !isKnown(route.config?.may))
    if (unknown.length === 0) return
    throw new Error(
      `Routes without a known permission (config.may): ${unknown.map((route) => `${route.method} ${route.url} (${route.config?.may ?? 'none'})`).join(', ')}`,
    )
  })
  app.addHook('onRequest', async (request) => {
    request.actor = anonymousActor(request.ip)
    const may = request.routeOptions.config.may
    if (may === undefined) return
    refuseForeignPages(request, platform.config.publicUrl)
    if (may === 'public') return
    if (may === 'edge') return demandEdge(request.headers.authorization, platform.config.edgeSecret)
    if (may === 'device' || may === 'service') {
      request.actor = (await parts.bearer(may, request)) ?? refuseBearer()
      return
    }
    const open = await parts.openSession(request)
    if (!open) throw notSignedIn()
    if (may === 'half-session') return
    if (open.next !== 'done') throw stepMissing(open)
    request.actor = staffActor(open.staff, open.session.id)
    await refuseUnpermitted(platform, request, may as Permission)
  })
}

const isKnown = (may: string | undefined): boolean => may !== undefined && (families.includes(may) || isPermission(may))

function demandEdge(authorization: string | undefined, secret: string): void {
  if (sameSecret(authorization ?? '', `Bearer ${secret}`)) return
  throw new Problem('edge-unauthorised', {
    status: 401,
    title: 'Bí mật chung với Prosody không khớp. Kiểm tra TIEPDAN_EDGE_SECRET.',
  })
}

function refuseBearer(): never {
  throw new Problem('token-refused', {
    status: 401,
    title: 'Thẻ truy cập của thiết bị hoặc dịch vụ không hợp lệ, đã hết hạn hoặc bị thu hồi. Lấy thẻ mới rồi thử lại.',
  })
}

const stepMissing = (open: OpenSession): Problem =>
  new Problem('second-factor-needed', {
    status: 401,
    title: 'Cần hoàn tất xác thực hai bước trước khi tiếp tục.',
    extra: { next: open.next },
  })

/**
 * Cross-site request forgery, second line behind SameSite=Strict: a changing request or a WebSocket must come from our own page.
 * Programs (curl, Prosody, recorder hosts) send neither header and carry no cookie that a browser would add by itself.
 */
function refuseForeignPages(request: FastifyRequest, publicUrl: string): void {
  if (/^(GET|HEAD|OPTIONS)$/.test(request.method) && request.headers.upgrade === undefined) return
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  if (site === 'same-origin') return
  if (site === undefined && origin === undefined) return
  // Browsers send Sec-Fetch-Site only over HTTPS or loopback; elsewhere Origin decides.
  if (site === undefined && (origin === publicUrl || hostOf(origin) === request.host)) return
  throw new Problem('foreign-origin', {
    status: 403,
    title: 'Yêu cầu đến từ một trang khác và đã bị từ chối. Vui lòng mở lại trang của hệ thống.',
  })
}

const hostOf = (origin: string | undefined): string | undefined =>
  origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined

async function refuseUnpermitted(platform: Platform, request: FastifyRequest, permission: Permission): Promise<void> {
  const { actor } = request
  if (actor.kind === 'staff' && roleMay(actor.role, permission)) return
  if (isDecision(permission)) {
    const { id } = request.params as { id?: string }
    // Nothing of the address was checked yet.
    const noun = permission.split('.')[0]
    const subject = id === undefined ? `permission:${permission}` : `${noun}:${storable(id.slice(0, 60))}`
    const detail = { permission, method: request.method, route: request.routeOptions.url }
    await platform.db.transaction((tx) => platform.audit.write(tx, actor, 'permission.denied', subject, detail))
  }
  throw forbidden()
}
