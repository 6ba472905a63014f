import type { Actor } from '../platform/actor.ts'
import { type Instant, minuteMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { fail, invalid, notFound, Problem } from '../platform/problem.ts'
import { type Attempts, slowedType } from './attempts.ts'
import { personalSlowDown, sharedSlowDown } from './lockout.ts'
import type { Notices } from './notices.ts'
import { demandRoom, passwordFits } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'
import * as store from './store.ts'

export type StaffActor = Extract<Actor, { kind: 'staff' }>

/** What the person at an open session types again. */
export interface Proof {
  password: string
  code?: string | undefined
}

/** What it is typed for, as the audit trail tells it. */
type Purpose = 'password' | 'second-factor' | 'email' | 'work'

/** For so long one proof opens the acts that demand one: an officer who reads out ten links types once (docs/decisions/step-up.md). */
export const stepUpLifeMs = 5 * minuteMs

/** Whether what was typed at this session still counts. A clock set back makes nothing count longer. */
export const isProven = (provenAt: Date | null, now: Instant): boolean =>
  provenAt !== null && provenAt.getTime() <= now && now - provenAt.getTime() < stepUpLifeMs

/** 403: the same request succeeds once password (and code) were typed again at this session. */
export const stepUpNeeded = (staff: Pick<store.StaffRow, 'totpConfirmedAt'>): Problem => {
  const secondFactor = staff.totpConfirmedAt !== null
  return new Problem('step-up-needed', {
    status: 403,
    title: `Việc này cần nhập lại mật khẩu${secondFactor ? ' và mã xác thực' : ''} của ông/bà.`,
    extra: { secondFactor },
  })
}

/** One word for both faults: told apart, a stolen session could guess the password without ever having a code. */
const refused = (withCode: boolean, field: string): Problem =>
  invalid([
    {
      field,
      message: withCode
        ? 'Mật khẩu hoặc mã xác thực không đúng (mỗi mã chỉ dùng một lần). Vui lòng nhập lại, với mã mới nhất.'
        : 'Mật khẩu hiện tại không đúng. Vui lòng nhập lại, hoặc nhờ quản trị hệ thống đặt lại mật khẩu.',
    },
  ])

const codeMissing = (): Problem =>
  invalid([{ field: 'code', message: 'Vui lòng nhập mã 6 chữ số trên ứng dụng xác thực.' }])

interface Parts {
  attempts: Attempts
  secondFactor: SecondFactor
  notices: Notices
}

/**
 * An open session alone proves little: it may be somebody else's by now. Before what would let a thief stay, or let others in, the person proves
 * again who he is, slowed down as at the sign-in.
 */
export function createStepUp(platform: Platform, { attempts, secondFactor, notices }: Parts) {
  const { db, clock, audit } = platform

  async function admit(actor: StaffActor, staff: store.StaffRow): Promise<string[]> {
    const key = (scope: string) => attempts.key(`step-up ${staff.id} ${scope}`)
    const counters = [
      { key: key(`session ${actor.sessionId}`), slowDown: personalSlowDown },
      { key: key('everybody'), slowDown: sharedSlowDown },
    ]
    try {
      return await attempts.admit(counters)
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== slowedType) throw error
      await db.transaction((tx) => notices.tell(tx, staff, 'step-up-slowed', { key: actor.sessionId }))
      throw error
    }
  }

  /**
   * Makes a change once the person at this session proved who he is: proof spent, attempts forgiven and change in one transaction.
   * Throws 422 naming `field` when password or code is wrong (with an audit row), 429 when slowed down, 503 when too many wait.
   */
  async function prove<T>(
    actor: StaffActor,
    given: Proof,
    about: { purpose: Purpose; address: string; field?: string },
    change: (tx: Tx, staff: store.StaffRow) => Promise<T>,
  ): Promise<T> {
    const staff = (await store.staffById(db, actor.id)) ?? fail(notFound('tài khoản'))
    const withCode = staff.totpConfirmedAt !== null
    const { purpose, address } = about
    if (withCode && given.code === undefined) throw codeMissing()
    // Before the attempt is counted: nobody is slowed down, nor told of by mail, because the house was full.
    demandRoom()
    const keys = await admit(actor, staff)
    const fits = await passwordFits(staff.passwordHash, given.password)
    const done = await db.transaction(async (tx) => {
      // Hashing took a while: an administrator may have reset the account meanwhile, and his word stands.
      if (!fits || !(await store.lockAsProven(tx, staff))) return undefined
      if (withCode && !(await secondFactor.prove(tx, staff, given.code ?? ''))) return undefined
      await store.forgiveAttempts(tx, keys)
      const value = await change(tx, staff)
      // After the change: whoever holds a row and waits for the trail's lock must never wait for one who has it the other way round.
      await audit.write(tx, actor, 'step-up.passed', `staff:${staff.id}`, { purpose, address })
      return { value }
    })
    if (done !== undefined) return done.value
    await db.transaction((tx) => audit.write(tx, actor, 'step-up.failed', `staff:${staff.id}`, { purpose, address }))
    throw refused(withCode, about.field ?? 'password')
  }

  return {
    prove,
    /** Opens, for this session and a few minutes, the acts that demand a proof. Resolves to how long, in milliseconds. */
    stepUp: (actor: StaffActor, given: Proof, address: string): Promise<number> =>
      prove(actor, given, { purpose: 'work', address }, async (tx) => {
        await store.markProven(tx, actor.sessionId, clock.now())
        return stepUpLifeMs
      }),
  }
}

export type StepUp = ReturnType<typeof createStepUp>
