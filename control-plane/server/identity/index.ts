import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { unattendedHeader } from '../../contract/identity.ts'
import { roles } from '../../contract/words.ts'
import type { Actor } from '../platform/actor.ts'
import { hourMs } from '../platform/clock.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { createAccounts, type EndpointFinder, type SeedAccount } from './accounts.ts'
import { createAttempts } from './attempts.ts'
import { createCookies } from './cookies.ts'
import { installGuard } from './guard.ts'
import { createNotices } from './notices.ts'
import { identityRoutes } from './routes.ts'
import { createSecondFactor } from './second-factor.ts'
import { createServices } from './services.ts'
import { createSignIn } from './sign-in.ts'
import { createStepUp } from './step-up.ts'
import { sweepIdentity } from './store.ts'
import { type BearerFamily, createTokens, type TokenClaims, type Tokens } from './tokens.ts'

export type { SeedAccount } from './accounts.ts'
export { createAudience } from './audience.ts'
export { type Permission, roleMay } from './permissions.ts'

/** Turns the claims of a genuine token into who calls, or null when that credential was revoked. */
type Resolver = (claims: TokenClaims) => Promise<Actor | null>

export interface Identity {
  /** Must be the first module: its guard stands before every route registered after it. */
  module: Module
  /** Must be the last module: makes the accounts of TIEPDAN_SEED_ACCOUNTS once the endpoints are there. */
  seeding: Module
  /** Signing and reading of device and service tokens; reading alone does not ask whether the credential was revoked. */
  tokens: Tokens
  /** Says how the claims of this family become an actor. */
  registerResolver(family: BearerFamily, resolver: Resolver): void
  /** The device or service of a token given otherwise than in the Authorization header (WebSocket); null when refused. */
  actorOf(family: BearerFamily, token: string): Promise<Actor | null>
  /** Says how an account's endpoint is found. */
  registerEndpointFinder(finder: EndpointFinder): void
  ensureAccounts(list: SeedAccount[]): Promise<string[]>
  ensureServiceCredential(name: string, secret: string, hosts?: string[]): Promise<boolean>
}

/** Who calls and what they may do: staff by session cookie, devices and services by bearer token. */
export function createIdentity(platform: Platform): Identity {
  const tokens = createTokens(platform.clock, platform.secrets)
  const cookies = createCookies(platform.config, platform.secrets)
  // Endpoints are made after identity, so how they are found is told later.
  let finder: EndpointFinder = { bySlug: async () => undefined, byId: async () => undefined }
  const latest: EndpointFinder = {
    bySlug: (db, slug) => finder.bySlug(db, slug),
    byId: (db, id) => finder.byId(db, id),
  }
  const attempts = createAttempts(platform)
  const notices = createNotices(platform)
  const secondFactor = createSecondFactor(platform)
  const signIn = createSignIn(platform, tokens, { attempts, secondFactor, notices })
  const stepUp = createStepUp(platform, { attempts, secondFactor, notices })
  const accounts = createAccounts(platform, { signIn, stepUp, secondFactor, notices, findEndpoint: latest })
  const services = createServices(platform, tokens)
  const resolvers = new Map<BearerFamily, Resolver>([['service', services.resolve]])
  const sockets = trackSockets(platform)

  async function actorOf(family: BearerFamily, token: string): Promise<Actor | null> {
    const claims = tokens.read(family, token)
    return claims === undefined ? null : ((await resolvers.get(family)?.(claims)) ?? null)
  }
  async function openSession(request: FastifyRequest) {
    const isUsed = request.headers[unattendedHeader] === undefined
    const open = await signIn.read(cookies.session(request), { isUsed })
    if (open && request.ws) sockets.add(open.session.id, request.raw.socket)
    return open
  }
  const ensureAccounts = (list: SeedAccount[]) => accounts.ensure(list)

  const module: Module = {
    name: 'identity',
    async routes(app) {
      await tokens.register(app)
      installGuard(app, platform, {
        openSession,
        bearer: async (family, request) => {
          const [scheme, token] = (request.headers.authorization ?? '').split(' ')
          return scheme?.toLowerCase() === 'bearer' && token ? actorOf(family, token) : null
        },
      })
      identityRoutes(app, platform, { signIn, stepUp, accounts, services, cookies, openSession })
    },
    reconciliations: [
      {
        name: 'identity-sweep',
        everyMs: hourMs,
        run: () => platform.db.transaction((tx) => sweepIdentity(tx, platform.clock.now())),
      },
    ],
    commands: {
      'reset-password': async ({ username = '' }, say) => {
        const fresh = await accounts.resetByUsername(username)
        if (!fresh) {
          say(`Không có tài khoản "${username}".`)
          return false
        }
        say(`Mật khẩu mới của ${username}: ${fresh.password}`)
        say('Mọi phiên làm việc đã kết thúc; xác thực hai bước được thiết lập lại khi đăng nhập.')
        return true
      },
      'ensure-service-credential': async ({ name = '', secret = '', hosts = '' }, say) => {
        const changed = await services.ensure(name, secret, hosts.split(',').filter(Boolean))
        say(changed ? `Đã ghi khóa của dịch vụ ${name}.` : `Khóa của dịch vụ ${name} đã có.`)
        return true
      },
    },
    async start() {
      sockets.start()
    },
    async stop() {
      sockets.stop()
    },
  }
  const seeding: Module = {
    name: 'seed-accounts',
    async start() {
      const path = platform.config.seedAccounts
      if (path === '') return
      const made = await ensureAccounts(readSeedAccounts(await readFile(path, 'utf8'), path))
      if (made.length > 0) platform.log.info({ accounts: made.length }, 'accounts of the first start made')
    },
  }
  return {
    module,
    seeding,
    tokens,
    registerResolver: (family, resolver) => void resolvers.set(family, resolver),
    actorOf,
    registerEndpointFinder: (given) => {
      finder = given
    },
    ensureAccounts,
    ensureServiceCredential: services.ensure,
  }
}

/** @throws Error naming the file and the entry when the list is not as scripts/up writes it. */
function readSeedAccounts(text: string, path: string): SeedAccount[] {
  const list: unknown = JSON.parse(text)
  if (!Array.isArray(list)) throw new Error(`${path}: must hold a list of accounts`)
  return list.map((entry: Partial<SeedAccount>, at) => {
    const complete = [entry.username, entry.password, entry.displayName].every((part) => typeof part === 'string')
    if (!complete || !roles.some((role) => role === entry.role)) throw new Error(`${path}: entry ${at} is incomplete`)
    return entry as SeedAccount
  })
}

/** A revoked session's open WebSockets are cut, on every instance. */
function trackSockets(platform: Platform) {
  const open = new Map<string, Set<Socket>>()
  let unsubscribe: (() => void) | undefined
  return {
    add(sessionId: string, socket: Socket) {
      const set = open.get(sessionId) ?? new Set()
      open.set(sessionId, set.add(socket))
      socket.once('close', () => {
        set.delete(socket)
        if (set.size === 0) open.delete(sessionId)
      })
    },
    start() {
      const cut = (sockets: Iterable<Socket>): void => {
        for (const socket of [...sockets]) socket.destroy()
      }
      unsubscribe ??= platform.changes.subscribe(
        (topic) => {
          if (topic.startsWith('session:')) cut(open.get(topic.slice('session:'.length)) ?? [])
        },
        // Any of them may have been revoked meanwhile; who still has a session connects again.
        () => cut([...open.values()].flatMap((set) => [...set])),
      )
    },
    stop() {
      unsubscribe?.()
      unsubscribe = undefined
    },
  }
}
