import jwt from '@fastify/jwt'
import { type Clock, secondMs } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'
import type { Secrets } from '../platform/secrets.ts'

/** Our own callers' tokens (design rule 4.4). Jitsi's room tokens are another family with other keys (rooms). */
const tokenFamilies = ['session', 'device', 'service'] as const
type TokenFamily = (typeof tokenFamilies)[number]
export type BearerFamily = Exclude<TokenFamily, 'session'>

/** `id`: the session, the device or the service credential; it is looked up on every request, so that each can be revoked alone. */
export interface TokenClaims {
  kind: TokenFamily
  id: string
  [more: string]: unknown
}

export interface Tokens {
  /** Signs a token of the claims' family, valid from now for `ttlSeconds`. Works once the routes are registered. */
  sign(claims: TokenClaims, ttlSeconds: number): string
  /** The claims of a genuine token of this family that has not run out; undefined otherwise. */
  read(family: TokenFamily, token: string): TokenClaims | undefined
}

interface Family {
  sign(payload: object): string
  verify(token: string): unknown
}

export function createTokens(clock: Clock, secrets: Secrets): Tokens & { register(app: App): Promise<void> } {
  const families = new Map<TokenFamily, Family>()
  const of = (family: TokenFamily): Family => {
    const found = families.get(family)
    if (!found) throw new Error(`tokens of family ${family} are used before the routes are registered`)
    return found
  }
  return {
    async register(app) {
      for (const namespace of tokenFamilies) {
        await app.register(jwt, {
          namespace,
          // A key of its own per family: a device's token is noise where a session's is read.
          secret: secrets.key(`token:${namespace}`),
          sign: { algorithm: 'HS256', iss: 'tiepdan', aud: namespace },
          // Expiry is judged below by the server's own clock; everything else here.
          verify: {
            algorithms: ['HS256'],
            allowedIss: 'tiepdan',
            allowedAud: namespace,
            requiredClaims: ['exp', 'id'],
            ignoreExpiration: true,
          },
        })
        families.set(namespace, (app.jwt as unknown as Record<TokenFamily, Family>)[namespace])
      }
    },
    sign(claims, ttlSeconds) {
      const issuedAt = Math.floor(clock.now() / secondMs)
      return of(claims.kind).sign({ ...claims, iat: issuedAt, exp: issuedAt + ttlSeconds })
    },
    read(family, token) {
      const payload = verified(of(family), token)
      if (payload === undefined || payload.kind !== family || typeof payload.id !== 'string') return undefined
      if (typeof payload.exp !== 'number' || payload.exp * secondMs <= clock.now()) return undefined
      return payload as unknown as TokenClaims
    },
  }
}

function verified(family: Family, token: string): Record<string, unknown> | undefined {
  try {
    return family.verify(token) as Record<string, unknown>
  } catch (error) {
    // fast-jwt names every refusal FAST_JWT_…; anything else is ours to hear of.
    if (error instanceof Error && String((error as { code?: unknown }).code).startsWith('FAST_JWT_')) return undefined
    throw error
  }
}
