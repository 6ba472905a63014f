import { and, asc, eq, isNull } from 'drizzle-orm'
import type { NewServiceCredential, ServiceCredentialAnswer } from '../../contract/identity.ts'
import { type Actor, systemActor } from '../platform/actor.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { type Draw, drawOf } from '../platform/press.ts'
import { conflict, fail, notFound, Problem } from '../platform/problem.ts'
import { randomToken, sameSecret, sha256Hex } from '../platform/secrets.ts'
import { serviceCredentials } from './tables.ts'
import type { TokenClaims, Tokens } from './tokens.ts'

const tokenLifeMs = 10 * minuteMs
type Row = typeof serviceCredentials.$inferSelect

/** Fits the recorders' TIEPDAN_JIBRI_HOST. */
const hostsOf = (row: Row): string[] => (row.hosts.length === 0 ? [row.name] : row.hosts)

const present = (row: Row): ServiceCredentialAnswer => ({
  id: row.id,
  name: row.name,
  hosts: hostsOf(row),
  createdAt: row.createdAt.toISOString(),
  revokedAt: row.revokedAt?.toISOString() ?? null,
})

/** Credentials of services (recorder hosts): a long secret of 256 random bits, stored hashed, exchanged for short tokens. */
export function createServices(platform: Platform, tokens: Tokens) {
  const { db, clock, audit } = platform
  const now = () => new Date(clock.now())
  const valid = (match: ReturnType<typeof eq>) => and(match, isNull(serviceCredentials.revokedAt))

  return {
    /** The service behind a token's claims, unless its credential was revoked in between. */
    async resolve(claims: TokenClaims): Promise<Actor | null> {
      const [row] = await db
        .select()
        .from(serviceCredentials)
        .where(valid(eq(serviceCredentials.id, claims.id)))
      return row ? { kind: 'service', id: row.id, name: row.name, hosts: hostsOf(row) } : null
    },

    /** Throws 401 when name and secret do not fit. */
    async token(given: { name: string; secret: string }): Promise<{ token: string; expiresAt: string }> {
      const [row] = await db
        .select()
        .from(serviceCredentials)
        .where(valid(eq(serviceCredentials.name, given.name)))
      if (!sameSecret(sha256Hex(given.secret), row?.secretHash ?? '') || !row) {
        throw new Problem('service-refused', {
          status: 401,
          title: 'Tên hoặc khóa của dịch vụ không đúng, hoặc đã bị thu hồi. Cấp khóa mới tại mục Quản trị.',
        })
      }
      const token = tokens.sign({ kind: 'service', id: row.id }, tokenLifeMs / secondMs)
      return { token, expiresAt: new Date(clock.now() + tokenLifeMs).toISOString() }
    },

    list: async (): Promise<ServiceCredentialAnswer[]> =>
      (await db.select().from(serviceCredentials).orderBy(asc(serviceCredentials.name))).map(present),

    create: (
      actor: Actor,
      { name, hosts = [] }: NewServiceCredential,
    ): Promise<{ credential: ServiceCredentialAnswer; secret: string }> =>
      db.transaction(async (tx) => {
        const secret = randomToken(drawOf(platform.secrets, actor.press))
        const [row] = await tx
          .insert(serviceCredentials)
          .values({ name, secretHash: sha256Hex(secret), hosts, createdAt: now() })
          .onConflictDoNothing({ target: serviceCredentials.name })
          .returning()
        if (!row) throw conflict('Đã có dịch vụ mang tên này. Vui lòng chọn tên khác.')
        await audit.write(tx, actor, 'service-credential.created', `service:${row.id}`, { name, hosts: hostsOf(row) })
        return { credential: present(row), secret }
      }),

    /** What `create` answered, for a repeated press. */
    async madeAgain(id: string, draw: Draw): Promise<{ credential: ServiceCredentialAnswer; secret: string }> {
      const [row] = await db.select().from(serviceCredentials).where(eq(serviceCredentials.id, id))
      return { credential: present(row ?? fail(notFound('dịch vụ'))), secret: randomToken(draw) }
    },

    revoke: (actor: Actor, id: string): Promise<void> =>
      db.transaction(async (tx) => {
        const [row] = await tx
          .update(serviceCredentials)
          .set({ revokedAt: now() })
          .where(valid(eq(serviceCredentials.id, id)))
          .returning()
        if (!row) throw notFound('dịch vụ')
        await audit.write(tx, actor, 'service-credential.revoked', `service:${id}`, { name: row.name })
      }),

    /**
     * For scripts: the credential of this name has this secret and, when some are given, these hosts. True when something changed; a revoked
     * one stays revoked.
     */
    ensure: (name: string, secret: string, hosts: string[] = []): Promise<boolean> =>
      db.transaction(async (tx) => {
        const secretHash = sha256Hex(secret)
        const [known] = await tx
          .select()
          .from(serviceCredentials)
          .where(eq(serviceCredentials.name, name))
          .for('update')
        const wanted = hosts.length === 0 ? (known?.hosts ?? []) : hosts
        const isAsWanted = known?.secretHash === secretHash && known.hosts.join() === wanted.join()
        if (known && (known.revokedAt !== null || isAsWanted)) return false
        const [row] = await tx
          .insert(serviceCredentials)
          .values({ name, secretHash, hosts: wanted, createdAt: now() })
          .onConflictDoUpdate({ target: serviceCredentials.name, set: { secretHash, hosts: wanted } })
          .returning()
        await audit.write(tx, systemActor, 'service-credential.ensured', `service:${row?.id}`, {
          name,
          hosts: wanted,
        })
        return true
      }),
  }
}

export type Services = ReturnType<typeof createServices>
