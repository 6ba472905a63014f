import { eq } from 'drizzle-orm'
import type { Role } from '../../contract/words.ts'
import type { Application } from '../../server/app.ts'
import { createIdentity, type SeedAccount } from '../../server/identity/index.ts'
import { sessions, staff } from '../../server/identity/tables.ts'
import { totpCode } from '../../server/identity/totp.ts'

export const testPassword = 'mật khẩu chạy thử 1'
export const testTotpSecret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

const withSecondFactor: Role[] = ['office', 'administrator']

type Running = Pick<Application, 'http' | 'platform'>

/** Makes an account of this role, once per name; office and administrator with a confirmed second factor. */
export async function anAccount(app: Running, role: Role, options: { username?: string; endpointId?: string } = {}) {
  const username = options.username ?? role
  const account: SeedAccount = {
    username,
    password: testPassword,
    role,
    displayName: `Người thử ${username}`,
    ...(withSecondFactor.includes(role) ? { totpSecret: testTotpSecret } : {}),
  }
  await createIdentity(app.platform).ensureAccounts([account])
  if (options.endpointId !== undefined) {
    await app.platform.db.update(staff).set({ endpointId: options.endpointId }).where(eq(staff.username, username))
  }
  return account
}

/** The cookies of an answer, as the browser would send them back. */
export function cookiesOf(answer: { cookies: { name: string; value: string }[] }): string {
  return answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

/**
 * Signs in through the real routes, second factor included; the headers of that browser. The person has just typed the password again, as
 * many acts demand, unless `proven` is false.
 */
export async function signedIn(
  app: Running,
  role: Role,
  options: { username?: string; endpointId?: string; proven?: boolean } = {},
): Promise<{ cookie: string; origin: string }> {
  const account = await anAccount(app, role, options)
  const headers = await signInAs(app, account)
  if (options.proven !== false) await proveSessions(app)
  return headers
}

/** As if everybody with an open session had typed the password again just now. */
async function proveSessions(app: Running): Promise<void> {
  await app.platform.db.update(sessions).set({ provenAt: new Date(app.platform.clock.now()) })
}

async function signInAs(app: Running, account: SeedAccount): Promise<{ cookie: string; origin: string }> {
  const origin = app.platform.config.publicUrl
  const first = await app.http.inject({
    method: 'POST',
    url: '/api/sign-in',
    headers: { origin },
    payload: { username: account.username, password: account.password },
  })
  if (first.json().next === 'done') return { cookie: cookiesOf(first), origin }
  // A code works once: the next sign-in of the same person within this step would be refused.
  await app.platform.db.update(staff).set({ totpLastStep: null }).where(eq(staff.username, account.username))
  const second = await app.http.inject({
    method: 'POST',
    url: '/api/sign-in/second-factor',
    headers: { origin, cookie: cookiesOf(first) },
    payload: { code: totpCode(testTotpSecret, app.platform.clock.now()) },
  })
  if (second.statusCode !== 200) throw new Error(`sign-in of ${account.role} failed: ${second.body}`)
  return { cookie: cookiesOf(second), origin }
}
