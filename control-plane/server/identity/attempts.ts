import { type Instant, secondMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem } from '../platform/problem.ts'
import * as store from './store.ts'

/** Too many wrong attempts: 429 with the seconds to wait. */
export const slowedType = 'sign-in-slowed'

function slowedDown(until: Instant, now: Instant, extra: Record<string, unknown>): Problem {
  const seconds = Math.ceil((until - now) / secondMs)
  return new Problem(slowedType, {
    status: 429,
    title: `Đã nhập sai nhiều lần. Vui lòng thử lại sau ${seconds} giây, hoặc liên hệ quản trị hệ thống.`,
    ...(extra.withCode === true
      ? { detail: 'Có xác thực hai bước thì vào được ngay: nhập mật khẩu cùng mã trên ứng dụng xác thực.' }
      : {}),
    retryable: true,
    extra: { ...extra, retryAfterSeconds: seconds },
  })
}

/** Counts attempts to prove who one is (lockout.ts has the rules): signing in, and typing the password again at an open session. */
export function createAttempts({ db, clock, secrets }: Platform) {
  return {
    /** The name of a counter: a keyed digest, so that a password typed in the wrong field is not kept. */
    key: (about: string): string => secrets.mac('sign-in-failures', about),

    /** Counts one attempt as failed in each counter and answers their keys, to be forgiven on success. Throws 429 when one is blocked. */
    async admit(counters: store.Bucket[], extra: Record<string, unknown> = {}): Promise<string[]> {
      const now = clock.now()
      const until = await db.transaction((tx) => store.admitAttempt(tx, counters, now))
      if (until !== null) throw slowedDown(until, now, extra)
      return counters.map((counter) => counter.key)
    },

    /** The same, but undefined when one is blocked: for whoever must not learn from the answer which one it was. */
    async admitQuietly(counters: store.Bucket[]): Promise<string[] | undefined> {
      const until = await db.transaction((tx) => store.admitAttempt(tx, counters, clock.now()))
      return until === null ? counters.map((counter) => counter.key) : undefined
    },
  }
}

export type Attempts = ReturnType<typeof createAttempts>
