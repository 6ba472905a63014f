import { randomUUID } from 'node:crypto'
import type { NewStaff, StaffAnswer, StaffWithPassword, TotpEnrolment } from '../../contract/identity.ts'
import type { Role } from '../../contract/words.ts'
import { type Actor, systemActor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { type Draw, drawOf } from '../platform/press.ts'
import { conflict, fail, invalid, notFound } from '../platform/problem.ts'
import { cleanName, cleanText } from '../platform/text.ts'
import type { Notices } from './notices.ts'
import { generatePassword, hashPassword } from './passwords.ts'
import { type SecondFactor, totpLabel } from './second-factor.ts'
import type { SignIn } from './sign-in.ts'
import { emailFaults, normalUsername, passwordFaults, staffFaults } from './staff.ts'
import type { Proof, StaffActor, StepUp } from './step-up.ts'
import * as store from './store.ts'

/** An account of the first start. `endpoint`: the slug of a commune officer's endpoint. */
export interface SeedAccount {
  username: string
  password: string
  role: Role
  displayName: string
  totpSecret?: string
  endpoint?: string
}

/** Finds endpoints for accounts; the endpoints module says how. Both resolve to its id, or undefined when there is none. */
export interface EndpointFinder {
  bySlug(db: Database | Tx, slug: string): Promise<string | undefined>
  byId(db: Database | Tx, id: string): Promise<string | undefined>
}

export const presentStaff = (row: store.StaffRow): StaffAnswer => ({
  id: row.id,
  username: row.username,
  displayName: row.displayName,
  role: row.role,
  endpointId: row.endpointId,
  secondFactor: row.totpConfirmedAt !== null,
  email: row.email,
  disabled: row.disabledAt !== null,
  createdAt: row.createdAt.toISOString(),
})

interface Parts {
  signIn: SignIn
  stepUp: StepUp
  secondFactor: SecondFactor
  notices: Notices
  findEndpoint: EndpointFinder
}

const noSuchEndpoint = { field: 'endpointId', message: 'Không có điểm cầu này. Vui lòng chọn lại trong danh sách.' }

const cleanEmail = (typed: string | null | undefined): string | null => cleanText(typed ?? '') || null

/** Accounts: made, reset, disabled by an administrator; the own password, second factor and address changed by each person. */
export function createAccounts(platform: Platform, parts: Parts) {
  const { signIn, stepUp, secondFactor, notices, findEndpoint } = parts
  const { db, clock, audit, secrets } = platform
  const now = () => new Date(clock.now())

  /** New password, second factor forgotten, every session ended. */
  async function reset(tx: Tx, actor: Actor, row: store.StaffRow, passwordHash: string): Promise<store.StaffRow> {
    const fresh = await store.updateStaff(tx, row.id, {
      passwordHash,
      totpSecret: null,
      totpConfirmedAt: null,
      totpLastStep: null,
      ...store.noOffer,
    })
    await signIn.endSessions(tx, await store.revokeSessionsOf(tx, row.id, clock.now()))
    await audit.write(tx, actor, 'staff.reset', `staff:${row.id}`, { username: row.username })
    await notices.tell(tx, row, 'reset', { by: actor.name })
    return fresh ?? row
  }

  async function seed(account: SeedAccount, endpointId: string | null): Promise<boolean> {
    const id = randomUUID()
    const username = normalUsername(account.username)
    // Hashing is slow: not for an account that is there already, and never inside a transaction.
    if (await store.staffByUsername(db, username)) return false
    const passwordHash = await hashPassword(account.password)
    const second =
      account.totpSecret === undefined
        ? {}
        : { totpSecret: secrets.encrypt(totpLabel(id), account.totpSecret), totpConfirmedAt: now() }
    return db.transaction(async (tx) => {
      const made = await store.insertStaff(tx, {
        ...second,
        id,
        username,
        displayName: account.displayName,
        role: account.role,
        endpointId,
        passwordHash,
        createdAt: now(),
      })
      if (!made) return false
      await audit.write(tx, systemActor, 'staff.created', `staff:${id}`, { username, role: account.role })
      return true
    })
  }

  return {
    /** Makes the accounts that are missing and leaves the others as they are. Resolves to the user names made. */
    async ensure(list: SeedAccount[]): Promise<string[]> {
      const made: string[] = []
      for (const account of list) {
        const { username, endpoint } = account
        const endpointId = endpoint === undefined ? null : ((await findEndpoint.bySlug(db, endpoint)) ?? null)
        if (endpoint !== undefined && endpointId === null) {
          // Without its endpoint the account could do nothing, and nobody would see why. The next start makes it, once the name is right.
          platform.log.error(
            { username, endpoint },
            'an account of the first start names an unknown endpoint: not made',
          )
          continue
        }
        if (await seed(account, endpointId)) made.push(account.username)
      }
      return made
    },

    list: async (): Promise<StaffAnswer[]> => (await store.allStaff(db)).map(presentStaff),

    async create(actor: Actor, draft: NewStaff): Promise<StaffWithPassword> {
      const fields = {
        username: normalUsername(draft.username),
        displayName: cleanName(draft.displayName),
        role: draft.role,
        endpointId: draft.endpointId ?? null,
        email: cleanEmail(draft.email),
      }
      const faults = [...staffFaults(fields), ...emailFaults(fields.email)]
      if (faults.length > 0) throw invalid(faults)
      const password = generatePassword(drawOf(secrets, actor.press))
      const passwordHash = await hashPassword(password)
      return db.transaction(async (tx) => {
        const { endpointId } = fields
        if (endpointId !== null && (await findEndpoint.byId(tx, endpointId)) === undefined)
          throw invalid([noSuchEndpoint])
        const made = await store.insertStaff(tx, { ...fields, passwordHash, createdAt: now() })
        if (!made) throw invalid([{ field: 'username', message: 'Tài khoản này đã có. Vui lòng chọn tên khác.' }])
        const { username, role } = fields
        await audit.write(tx, actor, 'staff.created', `staff:${made.id}`, { username, role })
        return { staff: presentStaff(made), password }
      })
    },

    async resetById(actor: Actor, id: string): Promise<StaffWithPassword> {
      // It would drop the second factor: what a thief at an administrator's desk wants most.
      if (id === actor.id)
        throw conflict('Không cấp lại mật khẩu cho chính mình. Đổi mật khẩu tại mục "Tài khoản của tôi".')
      const password = generatePassword(drawOf(secrets, actor.press))
      const passwordHash = await hashPassword(password)
      return db.transaction(async (tx) => {
        const row = (await store.staffById(tx, id)) ?? fail(notFound('tài khoản'))
        return { staff: presentStaff(await reset(tx, actor, row, passwordHash)), password }
      })
    },

    /** What `create` or `resetById` answered, for a repeated press. */
    async madeAgain(id: string, draw: Draw): Promise<StaffWithPassword> {
      const row = (await store.staffById(db, id)) ?? fail(notFound('tài khoản'))
      return { staff: presentStaff(row), password: generatePassword(draw) }
    },

    show: async (id: string): Promise<StaffAnswer> =>
      presentStaff((await store.staffById(db, id)) ?? fail(notFound('tài khoản'))),

    /** For the command on the server itself: the way back in when nobody can sign in. Undefined when there is no such account. */
    async resetByUsername(typed: string): Promise<{ password: string } | undefined> {
      const row = await store.staffByUsername(db, normalUsername(typed))
      if (!row) return undefined
      const password = generatePassword(drawOf(secrets, undefined))
      const passwordHash = await hashPassword(password)
      await db.transaction(async (tx) => {
        await reset(tx, systemActor, row, passwordHash)
        await store.updateStaff(tx, row.id, { disabledAt: null })
      })
      return { password }
    },

    /** Throws 409 for the own account and for the last enabled administrator. */
    disable: (actor: Actor, id: string): Promise<StaffAnswer> =>
      db.transaction(async (tx) => {
        if (id === actor.id) throw conflict('Không thể khóa tài khoản của chính mình.')
        const administrators = await store.enabledAdministrators(tx)
        const row = (await store.staffById(tx, id)) ?? fail(notFound('tài khoản'))
        if (administrators.length === 1 && administrators[0]?.id === id) {
          throw conflict('Đây là quản trị hệ thống cuối cùng; không thể khóa.')
        }
        const disabled = await store.updateStaff(tx, id, { disabledAt: row.disabledAt ?? now() })
        await signIn.endSessions(tx, await store.revokeSessionsOf(tx, id, clock.now()))
        await audit.write(tx, actor, 'staff.disabled', `staff:${id}`, { username: row.username })
        await notices.tell(tx, row, 'disabled', { by: actor.name })
        return presentStaff(disabled ?? row)
      }),

    enable: (actor: Actor, id: string): Promise<StaffAnswer> =>
      db.transaction(async (tx) => {
        const row = (await store.updateStaff(tx, id, { disabledAt: null })) ?? fail(notFound('tài khoản'))
        await audit.write(tx, actor, 'staff.enabled', `staff:${id}`, { username: row.username })
        await notices.tell(tx, row, 'enabled', { by: actor.name })
        return presentStaff(row)
      }),

    /** Throws 422 naming the field that is at fault. Ends every other session of this person. */
    async changePassword(
      actor: StaffActor,
      given: { current: string; code?: string | undefined; fresh: string },
      address: string,
    ): Promise<void> {
      const me = (await store.staffById(db, actor.id)) ?? fail(notFound('tài khoản'))
      // First, so that a poor choice does not cost a code.
      const faults = passwordFaults(given.fresh, { username: me.username, current: given.current })
      if (faults.length > 0) throw invalid(faults)
      const passwordHash = await hashPassword(given.fresh)
      const proof = { password: given.current, code: given.code }
      await stepUp.prove(actor, proof, { purpose: 'password', address, field: 'current' }, async (tx, row) => {
        await store.updateStaff(tx, row.id, { passwordHash, ...store.noOffer })
        await signIn.endSessions(tx, await store.revokeSessionsOf(tx, row.id, clock.now(), actor.sessionId))
        await audit.write(tx, actor, 'password.changed', `staff:${row.id}`)
        await notices.tell(tx, row, 'password-changed')
      })
    },

    /** A new second factor in place of the present one, or the first: its secret, told once; in force once this session confirms it. */
    beginSecondFactor: (actor: StaffActor, proof: Proof, address: string): Promise<TotpEnrolment> =>
      stepUp.prove(actor, proof, { purpose: 'second-factor', address }, (tx, row) =>
        secondFactor.offer(tx, row, actor.sessionId),
      ),

    /** Where this person is told of changes to the account; the former address is told of this one. Throws 422. */
    async changeEmail(
      actor: StaffActor,
      given: Proof & { email: string | null },
      address: string,
    ): Promise<StaffAnswer> {
      const email = cleanEmail(given.email)
      const faults = emailFaults(email)
      if (faults.length > 0) throw invalid(faults)
      return stepUp.prove(actor, given, { purpose: 'email', address }, async (tx, row) => {
        const fresh = await store.updateStaff(tx, row.id, { email })
        await audit.write(tx, actor, 'email.changed', `staff:${row.id}`)
        await notices.tell(tx, row, 'email-changed', { to: [email] })
        return presentStaff(fresh ?? row)
      })
    },

    async sessions(actor: StaffActor) {
      const rows = await store.openSessionsOf(db, actor.id, { now: clock.now(), idleMs: signIn.idleMs })
      return rows.map((row) => ({
        id: row.id,
        current: row.id === actor.sessionId,
        address: row.address,
        createdAt: row.createdAt.toISOString(),
        lastSeenAt: row.lastSeenAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      }))
    },

    revokeSession: (actor: Actor, id: string): Promise<void> =>
      db.transaction(async (tx) => {
        const ended = await store.revokeSession(tx, actor.id, id, clock.now())
        if (ended.length === 0) throw notFound('phiên làm việc')
        await signIn.endSessions(tx, ended)
        await audit.write(tx, actor, 'session.revoked', `staff:${actor.id}`, { session: id })
      }),
  }
}

export type Accounts = ReturnType<typeof createAccounts>
