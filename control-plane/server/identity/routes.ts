import type { FastifyReply, FastifyRequest } from 'fastify'
import * as contract from '../../contract/identity.ts'
import type { Actor } from '../platform/actor.ts'
import type { App } from '../platform/http.ts'
import type { Platform } from '../platform/platform.ts'
import { fail } from '../platform/problem.ts'
import { type Accounts, presentStaff } from './accounts.ts'
import type { Cookies } from './cookies.ts'
import { permissionsOf } from './permissions.ts'
import type { Services } from './services.ts'
import { type Admission, notSignedIn, type OpenSession, type SignIn } from './sign-in.ts'
import { normalUsername } from './staff.ts'
import type { StaffActor, StepUp } from './step-up.ts'

interface Parts {
  signIn: SignIn
  stepUp: StepUp
  accounts: Accounts
  services: Services
  cookies: Cookies
  openSession(request: FastifyRequest): Promise<OpenSession | undefined>
}

// Guessing is slowed per account (lockout.ts); this bounds the argon2 work that one address can cause.
const signInLimit = { rateLimit: { max: 120, timeWindow: '1 minute' } }
const publicly = { may: 'public', ...signInLimit }
const halfway = { may: 'half-session', ...signInLimit }
const own = { may: 'session.own' }
const administrators = { may: 'staff.manage' }
/** Acts that let somebody in. What takes away (disable, revoke) stays quick: it is what one does during an attack. */
const administratorsProven = { ...administrators, stepUp: true, ...signInLimit } as const

const staffOnly = (actor: Actor): StaffActor => (actor.kind === 'staff' ? actor : fail(notSignedIn()))

export function identityRoutes(app: App, platform: Platform, parts: Parts): void {
  signInRoutes(app, parts)
  ownRoutes(app, platform, parts)
  proofRoutes(app, parts)
  staffRoutes(app, parts)
  serviceRoutes(app, parts)
}

/** Whence a request comes, and what it is answered once a session began. */
function doorOf({ cookies, signIn, openSession }: Parts) {
  const visitor = (request: FastifyRequest, username: string) => ({
    address: request.ip,
    browserId: cookies.provenBrowser(request, username),
  })
  const opened = async (request: FastifyRequest) => (await openSession(request)) ?? fail(notSignedIn())
  function welcome(reply: FastifyReply, admission: Admission) {
    cookies.setSession(reply, admission.token)
    if (admission.next === 'done') cookies.proveBrowser(reply, admission.username)
    return { next: admission.next }
  }
  /** The first code of a second factor, at the sign-in and at the own account. */
  async function confirmed(request: FastifyRequest<{ Body: { code: string } }>, reply: FastifyReply) {
    const open = await opened(request)
    return welcome(reply, await signIn.confirmEnrolment(open, request.body.code, visitor(request, open.staff.username)))
  }
  return { visitor, opened, welcome, confirmed }
}

function signInRoutes(app: App, parts: Parts): void {
  const { signIn, cookies, openSession } = parts
  const { visitor, welcome, opened, confirmed } = doorOf(parts)

  app.route({
    ...contract.signIn,
    config: publicly,
    handler: async (request, reply) => {
      const { code, ...given } = request.body
      const from = visitor(request, normalUsername(given.username))
      const admission =
        code === undefined ? signIn.withPassword(given, from) : signIn.withBoth({ ...given, code }, from)
      return welcome(reply, await admission)
    },
  })
  app.route({
    ...contract.signInSecondFactor,
    config: halfway,
    handler: async (request, reply) => {
      const open = await opened(request)
      return welcome(reply, await signIn.withCode(open, request.body.code, visitor(request, open.staff.username)))
    },
  })
  app.route({
    ...contract.beginTotpEnrolment,
    config: halfway,
    handler: async (request) => signIn.beginEnrolment(await opened(request)),
  })
  app.route({
    ...contract.confirmTotpEnrolment,
    config: halfway,
    handler: confirmed,
  })
  app.route({
    ...contract.signOut,
    config: { may: 'public' },
    handler: async (request, reply) => {
      const open = await openSession(request)
      if (open) await signIn.signOut(open)
      cookies.clearSession(reply)
      return reply.status(204).send(null)
    },
  })
}

function ownRoutes(app: App, platform: Platform, { accounts, signIn, openSession }: Parts): void {
  app.route({
    ...contract.whoAmI,
    config: own,
    handler: async (request) => {
      const { staff, session } = (await openSession(request)) ?? fail(notSignedIn())
      return {
        staff: presentStaff(staff),
        permissions: permissionsOf(staff.role),
        draftKey: platform.secrets.mac('drafts', staff.id),
        stage: platform.config.stage,
        serverTime: new Date(platform.clock.now()).toISOString(),
        session: { id: session.id, expiresAt: session.expiresAt.toISOString(), idleMs: signIn.idleMs },
      }
    },
  })
  app.route({
    ...contract.listSessions,
    config: own,
    handler: async (request) => ({ items: await accounts.sessions(staffOnly(request.actor)) }),
  })
  app.route({
    ...contract.revokeSession,
    config: own,
    handler: async (request, reply) => {
      await accounts.revokeSession(request.actor, request.params.id)
      return reply.status(204).send(null)
    },
  })
}

/** The own password, second factor and address: each with the proof of who sits there in the same request. */
function proofRoutes(app: App, parts: Parts): void {
  const { accounts, stepUp } = parts
  const { confirmed } = doorOf(parts)
  // A wrong password leaves its trace: that a try was counted is not that it has been done.
  const config = { ...own, ...signInLimit, once: 'never' } as const
  app.route({
    ...contract.stepUp,
    config,
    handler: async (request) => ({ validMs: await stepUp.stepUp(staffOnly(request.actor), request.body, request.ip) }),
  })
  app.route({
    ...contract.changePassword,
    config,
    handler: async (request, reply) => {
      await accounts.changePassword(staffOnly(request.actor), request.body, request.ip)
      return reply.status(204).send(null)
    },
  })
  app.route({
    ...contract.beginSecondFactor,
    config,
    handler: (request) => accounts.beginSecondFactor(staffOnly(request.actor), request.body, request.ip),
  })
  app.route({
    ...contract.confirmSecondFactor,
    config,
    handler: confirmed,
  })
  app.route({
    ...contract.changeEmail,
    config,
    handler: (request) => accounts.changeEmail(staffOnly(request.actor), request.body, request.ip),
  })
}

function staffRoutes(app: App, { accounts }: Parts): void {
  app.route({ ...contract.listStaff, config: administrators, handler: async () => ({ items: await accounts.list() }) })
  app.route({
    ...contract.createStaff,
    config: { ...administratorsProven, once: ({ id, draw }) => accounts.madeAgain(id, draw) },
    handler: async (request, reply) => reply.status(201).send(await accounts.create(request.actor, request.body)),
  })
  app.route({
    ...contract.resetStaff,
    config: { ...administratorsProven, once: ({ id, draw }) => accounts.madeAgain(id, draw) },
    handler: (request) => accounts.resetById(request.actor, request.params.id),
  })
  app.route({
    ...contract.disableStaff,
    config: { ...administrators, once: ({ id }) => accounts.show(id) },
    handler: (request) => accounts.disable(request.actor, request.params.id),
  })
  app.route({
    ...contract.enableStaff,
    config: { ...administratorsProven, once: ({ id }) => accounts.show(id) },
    handler: (request) => accounts.enable(request.actor, request.params.id),
  })
}

function serviceRoutes(app: App, { services }: Parts): void {
  app.route({
    ...contract.listServiceCredentials,
    config: administrators,
    handler: async () => ({ items: await services.list() }),
  })
  app.route({
    ...contract.createServiceCredential,
    config: { ...administratorsProven, once: ({ id, draw }) => services.madeAgain(id, draw) },
    handler: async (request, reply) => reply.status(201).send(await services.create(request.actor, request.body)),
  })
  app.route({
    ...contract.revokeServiceCredential,
    config: administrators,
    handler: async (request, reply) => {
      await services.revoke(request.actor, request.params.id)
      return reply.status(204).send(null)
    },
  })
  app.route({ ...contract.createServiceToken, config: publicly, handler: (request) => services.token(request.body) })
}
