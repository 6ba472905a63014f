import type { AuditAction } from '../../contract/audit-words.ts'
import type { SignInStep, TotpEnrolment } from '../../contract/identity.ts'
import { type Actor, anonymousActor } from '../platform/actor.ts'
import { hourMs, type Instant, minuteMs, secondMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, Problem } from '../platform/problem.ts'
import { personalSlowDown, sharedSlowDown } from './lockout.ts'
import { demandRoom, hashPassword, isWeaklyHashed, passwordFits } from './passwords.ts'
import { needsSecondFactor, nextStep, normalUsername } from './staff.ts'
import * as store from './store.ts'
import type { Tokens } from './tokens.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'

/** Whence somebody signs in. `browserId`: this browser proved an earlier sign-in under the same user name. */
export interface Visitor {
  address: string
  browserId: string | undefined
}

export interface OpenSession {
  session: store.SessionRow
  staff: store.StaffRow
  next: SignInStep
}

/** A session began (or went on to its next step): the token for the cookie. */
export interface Admission {
  token: string
  next: SignInStep
  username: string
}

const fullSessionMs = 12 * hourMs
/** Between password and code. */
const halfSessionMs = 10 * minuteMs
const touchAfterMs = 30 * secondMs

/** What seals a person's TOTP secret: bound to the row, so that a secret copied into another row does not open. */
export const totpLabel = (staffId: string): string => `staff.totp:${staffId}`

export const staffActor = (staff: store.StaffRow, sessionId: string): Actor => ({
  kind: 'staff',
  id: staff.id,
  name: staff.displayName,
  role: staff.role,
  endpointId: staff.endpointId,
  sessionId,
})

const wrongPassword = () =>
  new Problem('sign-in-refused', {
    status: 401,
    title: 'Tên đăng nhập hoặc mật khẩu không đúng. Vui lòng kiểm tra lại.',
  })
const wrongCode = () =>
  new Problem('code-refused', {
    status: 401,
    title: 'Mã xác thực không đúng hoặc đã được dùng. Vui lòng chờ mã mới rồi nhập lại.',
  })
export const notSignedIn = () =>
  new Problem('not-signed-in', {
    status: 401,
    title: 'Ông/bà chưa đăng nhập hoặc phiên làm việc đã hết hạn. Vui lòng đăng nhập lại.',
  })

function slowedDown(until: Instant, now: Instant): Problem {
  const seconds = Math.ceil((until - now) / secondMs)
  return new Problem('sign-in-slowed', {
    status: 429,
    title: `Đã nhập sai nhiều lần. Vui lòng thử lại sau ${seconds} giây, hoặc liên hệ quản trị hệ thống.`,
    retryable: true,
    extra: { retryAfterSeconds: seconds },
  })
}

/** Signing in: password, second factor, its enrolment; and the sessions that come of it. */
export function createSignIn(platform: Platform, tokens: Tokens) {
  const { db, clock, audit, secrets, changes, config } = platform
  const idleMs = config.sessionIdleMinutes * minuteMs

  /** Which counters an attempt adds to: a proven browser has its own, so that strangers' guesses never slow it (docs/decisions/sign-in-slow-down.md). */
  function buckets(what: 'password' | 'code', name: string, visitor: Visitor): store.Bucket[] {
    const key = (scope: string) => secrets.mac('sign-in-failures', `${what} ${name} ${scope}`)
    if (visitor.browserId !== undefined)
      return [{ key: key(`browser ${visitor.browserId}`), slowDown: personalSlowDown }]
    return [
      { key: key(`address ${visitor.address}`), slowDown: personalSlowDown },
      { key: key('everybody'), slowDown: sharedSlowDown },
    ]
  }

  async function admit(counters: store.Bucket[]): Promise<string[]> {
    const now = clock.now()
    const until = await db.transaction((tx) => store.admitAttempt(tx, counters, now))
    if (until !== null) throw slowedDown(until, now)
    return counters.map((counter) => counter.key)
  }

  async function recordFailure(action: AuditAction, staffId: string | undefined, visitor: Visitor): Promise<void> {
    await db.transaction((tx) =>
      audit.write(tx, anonymousActor(visitor.address), action, `staff:${staffId ?? 'unknown'}`),
    )
  }

  /** Begins a session; a full one goes on record. Also the answer to session fixation: each step gets a new id. */
  async function begin(
    tx: Tx,
    staff: store.StaffRow,
    address: string,
    secondFactorAt: Date | null,
  ): Promise<Admission> {
    const now = clock.now()
    const next = nextStep(staff, secondFactorAt)
    const lifeMs = next === 'done' ? fullSessionMs : halfSessionMs
    const session = await store.insertSession(tx, {
      staffId: staff.id,
      createdAt: new Date(now),
      lastSeenAt: new Date(now),
      expiresAt: new Date(now + lifeMs),
      secondFactorAt,
      address,
    })
    if (next === 'done') {
      await audit.write(tx, staffActor(staff, session.id), 'session.started', `staff:${staff.id}`, {
        secondFactor: secondFactorAt !== null,
        address,
      })
    }
    return {
      token: tokens.sign({ kind: 'session', id: session.id }, lifeMs / secondMs),
      next,
      username: staff.username,
    }
  }

  async function endSessions(tx: Tx, ids: string[]): Promise<void> {
    await changes.announce(tx, ...ids.map((id) => `session:${id}`))
  }

  /** Proves the code against the secret, in the transaction that begins the full session. */
  async function proveCode(tx: Tx, staff: store.StaffRow, code: string): Promise<boolean> {
    if (staff.totpSecret === null) return false
    const step = totpStep(secrets.decrypt(totpLabel(staff.id), staff.totpSecret), code, clock.now())
    return step !== undefined && (await store.spendTotpStep(tx, staff.id, step))
  }

  async function complete(open: OpenSession, code: string, visitor: Visitor, enrol: boolean): Promise<Admission> {
    const keys = await admit(buckets('code', open.staff.id, visitor))
    const admission = await db.transaction(async (tx) => {
      if (!(await store.lockAsProven(tx, open.staff)) || !(await proveCode(tx, open.staff, code))) return undefined
      const at = new Date(clock.now())
      const staff = enrol ? await store.updateStaff(tx, open.staff.id, { totpConfirmedAt: at }) : open.staff
      await store.forgiveAttempts(tx, keys)
      await endSessions(tx, await store.revokeSession(tx, open.staff.id, open.session.id, clock.now()))
      const made = await begin(tx, staff ?? open.staff, visitor.address, at)
      if (enrol) {
        await audit.write(
          tx,
          staffActor(open.staff, open.session.id),
          'second-factor.enrolled',
          `staff:${open.staff.id}`,
        )
      }
      return made
    })
    if (admission) return admission
    await recordFailure('second-factor.failed', open.staff.id, visitor)
    throw wrongCode()
  }

  return {
    idleMs,
    endSessions,

    /** The session of a cookie's token; a step short of `done` included. Notes that it was used, unless a screen only read again by itself. */
    async read(token: string | undefined, { isUsed }: { isUsed: boolean }): Promise<OpenSession | undefined> {
      const claims = token === undefined ? undefined : tokens.read('session', token)
      if (!claims) return undefined
      const now = clock.now()
      const row = await store.openSession(db, claims.id, { now, idleMs })
      if (!row) return undefined
      if (isUsed && now - row.session.lastSeenAt.getTime() > touchAfterMs)
        await store.touchSession(db, row.session.id, now)
      return { ...row, next: nextStep(row.staff, row.session.secondFactorAt) }
    },

    /** Password step. Throws 401 without telling which of the two was wrong, 429 when slowed down, 503 when too many sign in at once. */
    async withPassword(given: { username: string; password: string }, visitor: Visitor): Promise<Admission> {
      // Before the attempt is counted: nobody is slowed down later because the house was full.
      demandRoom()
      const username = normalUsername(given.username)
      const keys = await admit(buckets('password', username, visitor))
      const staff = await store.staffByUsername(db, username)
      const fits = await passwordFits(staff?.passwordHash, given.password)
      if (!staff || !fits || staff.disabledAt !== null) {
        await recordFailure('sign-in.failed', staff?.id, visitor)
        throw wrongPassword()
      }
      const stronger = isWeaklyHashed(staff.passwordHash) ? await hashPassword(given.password) : undefined
      return db.transaction(async (tx) => {
        // Proving took a while: a reset that came meanwhile must keep this password out.
        if (!(await store.lockAsProven(tx, staff))) throw wrongPassword()
        if (stronger !== undefined) await store.updateStaff(tx, staff.id, { passwordHash: stronger })
        await store.forgiveAttempts(tx, keys)
        return begin(tx, staff, visitor.address, null)
      })
    },

    /** Code step. Throws 401 when the code is wrong or was used, 429 when slowed down. */
    withCode(open: OpenSession, code: string, visitor: Visitor): Promise<Admission> {
      if (open.next !== 'totp') throw fail(notSignedIn())
      return complete(open, code, visitor, false)
    },

    /** A new secret, not yet in force. Throws 409 when a second factor is in force already. */
    async beginEnrolment(open: OpenSession): Promise<TotpEnrolment> {
      refuseSecondEnrolment(open)
      const secret = newTotpSecret()
      const totpSecret = secrets.encrypt(totpLabel(open.staff.id), secret)
      if (!(await db.transaction((tx) => store.offerTotpSecret(tx, open.staff.id, totpSecret))))
        throw secondFactorExists()
      return { secret, uri: totpUri(secret, open.staff.username) }
    },

    confirmEnrolment(open: OpenSession, code: string, visitor: Visitor): Promise<Admission> {
      refuseSecondEnrolment(open)
      return complete(open, code, visitor, true)
    },

    async signOut(open: OpenSession): Promise<void> {
      await db.transaction(async (tx) => {
        const ended = await store.revokeSession(tx, open.staff.id, open.session.id, clock.now())
        await endSessions(tx, ended)
        if (ended.length > 0) {
          await audit.write(tx, staffActor(open.staff, open.session.id), 'session.ended', `staff:${open.staff.id}`)
        }
      })
    },
  }
}

export type SignIn = ReturnType<typeof createSignIn>

function refuseSecondEnrolment(open: OpenSession): void {
  if (open.staff.totpConfirmedAt === null && (open.next === 'enrol-totp' || !needsSecondFactor(open.staff))) return
  throw secondFactorExists()
}

const secondFactorExists = () =>
  new Problem('second-factor-exists', {
    status: 409,
    title: 'Tài khoản đã có xác thực hai bước. Muốn thiết lập lại, vui lòng liên hệ quản trị hệ thống.',
  })
