import { Secret, TOTP } from 'otpauth'
import { signIn, signInSecondFactor, stepUp } from '../../contract/identity.ts'
import type { ProblemDocument, RouteAnswer, RouteContract, RouteInput } from '../../contract/route.ts'
import type { TrialAccount } from '../stage/trial.ts'

/** A refusal as a person would see it. */
export class Refused extends Error {
  readonly problem: ProblemDocument & Record<string, unknown>
  constructor(problem: ProblemDocument & Record<string, unknown>) {
    super(`${problem.status} ${problem.type}: ${problem.title} ${JSON.stringify(problem.faults ?? '')}`)
    this.problem = problem
  }
}

/** A member of staff at the HTTP interface, typed by the contract, with a session of its own. */
export interface Person {
  account: TrialAccount
  /** Cookies by name, as a browser keeps them. */
  jar: Map<string, string>
  does<R extends RouteContract>(contract: R, input: RouteInput<R>): Promise<RouteAnswer<R>>
}

const lastCodes = new Map<string, string>()

/** The present second-factor code; a code works once, so the next one is waited for when it was used. */
export async function secondFactorCode(account: TrialAccount): Promise<string> {
  const totp = new TOTP({
    secret: Secret.fromBase32(account.totpSecret ?? ''),
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
  })
  for (;;) {
    const code = totp.generate()
    if (lastCodes.get(account.username) !== code) {
      lastCodes.set(account.username, code)
      return code
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** What this person types when asked again who he is. */
async function proofOf(account: TrialAccount): Promise<{ password: string; code?: string }> {
  const { password } = account
  return account.totpSecret === undefined ? { password } : { password, code: await secondFactorCode(account) }
}

/** Somebody who signed in at a screen: the same session at the HTTP interface. */
export function personWith(url: string, account: TrialAccount, jar: Map<string, string>): Person {
  const person: Person = {
    account,
    jar,
    async does(contract, input) {
      try {
        return await ask(url, person, contract, input)
      } catch (error) {
        if (!(error instanceof Refused) || error.problem.type !== 'urn:tiepdan:problem:step-up-needed') throw error
        await ask(url, person, stepUp, { body: await proofOf(account) })
        return ask(url, person, contract, input)
      }
    },
  }
  return person
}

/** Signs in as a person does: password, and the code where the role demands one. */
export async function signInAs(url: string, account: TrialAccount): Promise<Person> {
  const person = personWith(url, account, new Map())
  const { next } = await person.does(signIn, { body: { username: account.username, password: account.password } })
  if (next === 'totp') await person.does(signInSecondFactor, { body: { code: await secondFactorCode(account) } })
  return person
}

async function ask<R extends RouteContract>(
  url: string,
  person: Person,
  contract: R,
  input: RouteInput<R>,
): Promise<RouteAnswer<R>> {
  const { params, querystring, body } = input as {
    params?: Record<string, unknown>
    querystring?: Record<string, unknown>
    body?: unknown
  }
  const path = contract.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params?.[name])))
  const query = new URLSearchParams(Object.entries(querystring ?? {}).map(([key, value]) => [key, String(value)]))
  const response = await fetch(`${url}${path}${query.size > 0 ? `?${query}` : ''}`, {
    method: contract.method,
    headers: {
      cookie: [...person.jar].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
  for (const set of response.headers.getSetCookie()) {
    const [name = '', value = ''] = (set.split(';')[0] ?? '').split(/=(.*)/s)
    person.jar.set(name, value)
  }
  if (response.status === 204) return undefined as RouteAnswer<R>
  const answer = (await response.json()) as unknown
  if (!response.ok) throw new Refused(answer as ProblemDocument & Record<string, unknown>)
  return answer as RouteAnswer<R>
}

/** Asks again until the answer fits; fails after `timeoutMs` with what was seen last. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T>,
  fits: (seen: T) => boolean,
): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (fits(seen)) return seen
    if (performance.now() > end)
      throw new Error(`${what}: not within ${timeoutMs / 1000} s; last seen ${JSON.stringify(seen)?.slice(0, 1_500)}`)
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
}
