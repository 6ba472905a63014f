import { Secret, TOTP } from 'otpauth'
import type { Instant } from '../platform/clock.ts'

const periodSeconds = 30
const issuer = 'Tiếp công dân trực tuyến'

const totp = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer, label, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: periodSeconds })

/** A new secret of 160 bits, base32 (RFC 4226 §4 R6). */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32

/** The `otpauth://` address that authenticator programs read from a QR code. */
export const totpUri = (secret: string, username: string): string => totp(secret, username).toString()

/** The code of this moment; for trials and tests. */
export const totpCode = (secret: string, now: Instant): string => totp(secret).generate({ timestamp: now })

/** The time step that the code belongs to, one step before or after now included; undefined when it fits none. */
export function totpStep(secret: string, code: string, now: Instant): number | undefined {
  const delta = totp(secret).validate({ token: code.replaceAll(' ', ''), timestamp: now, window: 1 })
  return delta === null ? undefined : Math.floor(now / 1000 / periodSeconds) + delta
}
