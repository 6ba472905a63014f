import type { AuditAction } from '../../contract/audit-words.ts'
import type { SignInStep, TotpEnrolment } from '../../contract/identity.ts'
import { anonymousActor } from '../platform/actor.ts'
import { hourMs, minuteMs, secondMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, Problem } from '../platform/problem.ts'
import type { Attempts } from './attempts.ts'
import { personalSlowDown, sharedSlowDown } from './lockout.ts'
import type { Notices } from './notices.ts'
import { demandRoom, hashPassword, isWeaklyHashed, passwordFits } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'
import { nextStep, normalUsername } from './staff.ts'
import { type StaffActor, stepUpNeeded } from './step-up.ts'
import * as store from './store.ts'
import type { Tokens } from './tokens.ts'

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

interface Parts {
  attempts: Attempts
  secondFactor: SecondFactor
  notices: Notices
}

/** Proves a second step in the transaction that begins the session; the account as it is then, or undefined. */
type Prove = (tx: Tx) => Promise<store.StaffRow | undefined>

export const staffActor = (staff: store.StaffRow, sessionId: string): StaffActor => ({
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
    title: 'Tài khoản hoặc mật khẩu không đúng. Vui lòng kiểm tra lại.',
  })
const wrongPasswordOrCode = () =>
  new Problem('sign-in-refused', {
    status: 401,
    title: 'Tài khoản, mật khẩu hoặc mã xác thực không đúng (mỗi mã chỉ dùng một lần). Vui lòng kiểm tra lại.',
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

/** Signing in: password, second factor, its enrolment; and the sessions that come of it. */
export function createSignIn(platform: Platform, tokens: Tokens, parts: Parts) {
  const { db, clock, audit, changes, config } = platform
  const { attempts, secondFactor, notices } = parts
  const idleMs = config.sessionIdleMinutes * minuteMs

  /** Which counters an attempt adds to: a proven browser has its own, so that strangers' guesses never slow it (docs/decisions/sign-in-slow-down.md). */
  function buckets(what: 'password' | 'code' | 'both', name: string, visitor: Visitor): store.Bucket[] {
    const key = (scope: string) => attempts.key(`${what} ${name} ${scope}`)
    if (visitor.browserId !== undefined)
      return [{ key: key(`browser ${visitor.browserId}`), slowDown: personalSlowDown }]
    return [
      { key: key(`address ${visitor.address}`), slowDown: personalSlowDown },
      { key: key('everybody'), slowDown: sharedSlowDown },
    ]
  }

  /**
   * Whoever knows the password guesses codes, whoever has the code guesses passwords: each in a counter of the account that nobody else can fill.
   * The others fill decoys of their own address, so that the time an answer takes tells nothing.
   */
  function guessers(
    name: string,
    id: string | undefined,
    proof: { knows: boolean; has: boolean },
    { address }: Visitor,
  ) {
    const key = (about: string) => ({ key: attempts.key(about), slowDown: sharedSlowDown })
    return [
      proof.knows ? key(`code ${id} everybody`) : key(`decoy-code ${name} address ${address}`),
      proof.has ? key(`password-with-code ${name} everybody`) : key(`decoy-password ${name} address ${address}`),
    ]
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

  /** The second step, by a code of the factor in force or the first code of a new one; either way the session gets a new id. */
  async function complete(open: OpenSession, visitor: Visitor, prove: Prove): Promise<Admission> {
    const keys = await attempts.admit(buckets('code', open.staff.id, visitor))
    const admission = await db.transaction(async (tx) => {
      if (!(await store.lockAsProven(tx, open.staff))) return undefined
      const staff = await prove(tx)
      if (staff === undefined) return undefined
      await store.forgiveAttempts(tx, keys)
      await endSessions(tx, await store.revokeSession(tx, staff.id, open.session.id, clock.now()))
      return begin(tx, staff, visitor.address, new Date(clock.now()))
    })
    if (admission) return admission
    await recordFailure('second-factor.failed', open.staff.id, visitor)
    throw wrongCode()
  }

  /** Puts the new factor in force; whoever sits in another session of this account is out. */
  async function putInForce(tx: Tx, open: OpenSession, code: string): Promise<store.StaffRow | undefined> {
    const { staff, session } = open
    const fresh = await secondFactor.confirm(tx, staff, session.id, code)
    if (fresh === undefined) return undefined
    await endSessions(tx, await store.revokeSessionsOf(tx, staff.id, clock.now()))
    const action = staff.totpConfirmedAt === null ? 'second-factor.enrolled' : 'second-factor.replaced'
    await audit.write(tx, staffActor(staff, session.id), action, `staff:${staff.id}`)
    await notices.tell(tx, fresh, 'second-factor-set')
    return fresh
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
      // Told to everybody alike, whether or not there is such an account and a factor.
      const keys = await attempts.admit(buckets('password', username, visitor), { withCode: true })
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

    /**
     * Password and code in one: the way in for the owner while guesses from many addresses keep the shared counter full. What a stranger can fill
     * is not asked here; what must stay bounded is counted behind the proof (docs/decisions/sign-in-slow-down.md). One 401 for every fault; 503 as above.
     */
    async withBoth(given: { username: string; password: string; code: string }, visitor: Visitor): Promise<Admission> {
      demandRoom()
      const username = normalUsername(given.username)
      const [source] = buckets('both', username, visitor)
      const keys = await attempts.admit(source === undefined ? [] : [source])
      const staff = await store.staffByUsername(db, username)
      const knows = await passwordFits(staff?.passwordHash, given.password)
      const has = staff !== undefined && secondFactor.fits(staff, given.code)
      const admitted = await attempts.admitQuietly(guessers(username, staff?.id, { knows, has }, visitor))
      const admission = await db.transaction(async (tx) => {
        if (!staff || !knows || admitted === undefined || !(await store.lockAsProven(tx, staff))) return undefined
        if (!(await secondFactor.prove(tx, staff, given.code))) return undefined
        await store.forgiveAttempts(tx, [...keys, ...admitted])
        return begin(tx, staff, visitor.address, new Date(clock.now()))
      })
      if (admission) return admission
      await recordFailure('sign-in.failed', staff?.id, visitor)
      throw wrongPasswordOrCode()
    },

    /** Code step. Throws 401 when the code is wrong or was used, 429 when slowed down. */
    withCode(open: OpenSession, code: string, visitor: Visitor): Promise<Admission> {
      if (open.next !== 'totp') throw fail(notSignedIn())
      return complete(open, visitor, async (tx) =>
        (await secondFactor.prove(tx, open.staff, code)) ? open.staff : undefined,
      )
    },

    /**
     * A new secret, not yet in force, for the half session of somebody whose role demands a factor and who has none: the password was proven just now.
     * Throws 409 when a factor is in force, 403 at a full session (there the password is typed again: step-up.ts).
     */
    async beginEnrolment(open: OpenSession): Promise<TotpEnrolment> {
      if (open.staff.totpConfirmedAt !== null) throw secondFactorExists()
      if (open.next !== 'enrol-totp') throw stepUpNeeded(open.staff)
      return db.transaction(async (tx) => {
        if (!(await store.lockAsProven(tx, open.staff))) throw secondFactorExists()
        return secondFactor.offer(tx, open.staff, open.session.id)
      })
    },

    /** Throws 401 when the code does not fit what was offered to this very session. */
    confirmEnrolment: (open: OpenSession, code: string, visitor: Visitor): Promise<Admission> =>
      complete(open, visitor, (tx) => putInForce(tx, open, code)),

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

const secondFactorExists = () =>
  new Problem('second-factor-exists', {
    status: 409,
    title: 'Tài khoản đã có xác thực hai bước. Muốn thiết lập lại, vui lòng liên hệ quản trị hệ thống.',
  })
