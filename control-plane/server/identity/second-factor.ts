import type { TotpEnrolment } from '../../contract/identity.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import * as store from './store.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'

/** What seals a person's TOTP secret: bound to the row, so that a secret copied into another row does not open. */
export const totpLabel = (staffId: string): string => `staff.totp:${staffId}`

/** How long a new factor may wait for its first code. */
const offerLifeMs = 10 * minuteMs

/** The second factor of an account: proving it, and setting up another one beside it until its first code came. */
export function createSecondFactor({ clock, secrets }: Pick<Platform, 'clock' | 'secrets'>) {
  const stepOf = (staffId: string, sealed: string, code: string): number | undefined =>
    totpStep(secrets.decrypt(totpLabel(staffId), sealed), code, clock.now())

  return {
    /** Whether the code fits the factor in force now; spends nothing. */
    fits: (staff: store.StaffRow, code: string): boolean =>
      staff.totpConfirmedAt !== null &&
      staff.totpSecret !== null &&
      stepOf(staff.id, staff.totpSecret, code) !== undefined,

    /** Proves the code against the factor in force and spends it; false when it does not fit or was used. */
    async prove(tx: Tx, staff: store.StaffRow, code: string): Promise<boolean> {
      if (staff.totpConfirmedAt === null || staff.totpSecret === null) return false
      const step = stepOf(staff.id, staff.totpSecret, code)
      return step !== undefined && (await store.spendTotpStep(tx, staff.id, step))
    },

    /** A new secret, told once; the one in force stays until this session confirms the new one. */
    async offer(tx: Tx, staff: store.StaffRow, sessionId: string): Promise<TotpEnrolment> {
      const secret = newTotpSecret()
      await store.updateStaff(tx, staff.id, {
        totpOffered: secrets.encrypt(totpLabel(staff.id), secret),
        totpOfferedAt: new Date(clock.now()),
        totpOfferedTo: sessionId,
      })
      return { secret, uri: totpUri(secret, staff.username) }
    },

    /** Puts the offered secret in force by its first code; undefined when none was offered to this session lately or the code does not fit. */
    async confirm(tx: Tx, staff: store.StaffRow, sessionId: string, code: string): Promise<store.StaffRow | undefined> {
      const now = clock.now()
      if (staff.totpOffered === null || staff.totpOfferedTo !== sessionId) return undefined
      if (now - (staff.totpOfferedAt?.getTime() ?? 0) > offerLifeMs) return undefined
      const step = stepOf(staff.id, staff.totpOffered, code)
      if (step === undefined) return undefined
      return store.updateStaff(tx, staff.id, {
        totpSecret: staff.totpOffered,
        totpConfirmedAt: new Date(now),
        totpLastStep: step,
        ...store.noOffer,
      })
    },
  }
}

export type SecondFactor = ReturnType<typeof createSecondFactor>
