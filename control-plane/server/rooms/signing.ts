import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { desc, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import jwt from 'jsonwebtoken'
import { systemActor } from '../platform/actor.ts'
import type { Instant } from '../platform/clock.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { sha256Hex } from '../platform/secrets.ts'
import { signingKeys } from './tables.ts'

const label = 'signing-key'
// Any fixed number: one process at a time makes or retires keys.
const keysLock = 7_241_111
const keyMs = 5_000
const makeKeyPair = promisify(generateKeyPair)

export interface TokenOrder {
  room: string
  user: { id: string; name: string; moderator: boolean; hidden?: boolean }
  /** Present = these and no others (jitsi-integration §2). */
  features: { recording: boolean; 'screen-sharing'?: boolean }
  notBefore: Instant
  expires: Instant
}

/**
 * Keys and tokens of Jitsi rooms: RS256, `kid`, one room, one person, a time window. Prosody fetches a public key by its `kid` once and
 * keeps it for ever, so a rotation makes a new `kid`; the old public key stays served for tokens that are in use.
 */
export function createSigning(platform: Platform) {
  const { db, secrets, clock, config } = platform
  const opened = new Map<string, KeyObject>()
  let current: { kid: string; key: KeyObject; until: Instant } | undefined

  /** Another instance's rotation is seen within `keyMs`: until then tokens of the key before it are as good. */
  async function currentKey(): Promise<{ kid: string; key: KeyObject }> {
    const now = clock.now()
    if (current !== undefined && now < current.until && now >= current.until - keyMs) return current
    const [row] = await db
      .select()
      .from(signingKeys)
      .where(isNull(signingKeys.retiredAt))
      .orderBy(desc(signingKeys.createdAt))
      .limit(1)
    if (row === undefined) throw new Error('there is no signing key: the rooms module was not started')
    let key = opened.get(row.kid)
    if (key === undefined) {
      // A KeyObject is made once: signing from PEM text costs three times as much.
      key = createPrivateKey(secrets.decrypt(label, row.privateKey))
      opened.set(row.kid, key)
    }
    current = { kid: row.kid, key, until: now + keyMs }
    return current
  }

  /** A new key pair as a row. Made before a transaction begins: it takes a few hundred milliseconds. */
  async function newKey(): Promise<typeof signingKeys.$inferInsert> {
    const { publicKey, privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 })
    const kid = `tiepdan-${randomBytes(8).toString('hex')}`
    return {
      kid,
      kidHash: sha256Hex(kid),
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      privateKey: secrets.encrypt(label, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      createdAt: new Date(clock.now()),
    }
  }

  const inUse = (reader: Database | Tx) =>
    reader.select({ kid: signingKeys.kid }).from(signingKeys).where(isNull(signingKeys.retiredAt))

  const lockKeys = (tx: Tx) => tx.execute(sql`select pg_advisory_xact_lock(${keysLock})`)

  return {
    /** Makes the first key when there is none; of two instances that start together one makes it. */
    async ensureKey(): Promise<void> {
      if ((await inUse(db)).length > 0) return
      const fresh = await newKey()
      await db.transaction(async (tx) => {
        await lockKeys(tx)
        if ((await inUse(tx)).length === 0) await tx.insert(signingKeys).values(fresh)
      })
    },
    /** Signs with a new key from now on. Tokens in use stay good: their public keys are served as before. */
    async rotate(): Promise<string> {
      const fresh = await newKey()
      await db.transaction(async (tx) => {
        await lockKeys(tx)
        await tx.update(signingKeys).set({ retiredAt: fresh.createdAt }).where(isNull(signingKeys.retiredAt))
        await tx.insert(signingKeys).values(fresh)
        await platform.audit.write(tx, systemActor, 'signing-key.rotated', `signing-key:${fresh.kid}`)
      })
      current = undefined
      return fresh.kid
    },
    /** Stops serving every key but the one in use, when one has leaked. Prosody keeps what it has fetched until it is started again. */
    async forgetRetired(): Promise<number> {
      return await db.transaction(async (tx) => {
        await lockKeys(tx)
        const gone = await tx
          .delete(signingKeys)
          .where(isNotNull(signingKeys.retiredAt))
          .returning({ kid: signingKeys.kid })
        for (const { kid } of gone)
          await platform.audit.write(tx, systemActor, 'signing-key.forgotten', `signing-key:${kid}`)
        return gone.length
      })
    },
    /** The public key in PEM by the SHA-256 of its `kid`, as Prosody's ASAP look-up asks. */
    async publicKey(kidHash: string): Promise<string | undefined> {
      const [row] = await db
        .select({ pem: signingKeys.publicKeyPem })
        .from(signingKeys)
        .where(eq(signingKeys.kidHash, kidHash))
      return row?.pem
    },
    async mint(order: TokenOrder): Promise<string> {
      const { kid, key } = await currentKey()
      const claims = {
        iss: 'tiepdan',
        aud: 'jitsi',
        sub: config.xmppDomain,
        room: order.room,
        iat: Math.floor(clock.now() / 1000),
        nbf: Math.floor(order.notBefore / 1000),
        exp: Math.ceil(order.expires / 1000),
        context: {
          user: order.user,
          features: {
            recording: order.features.recording,
            livestreaming: false,
            transcription: false,
            'outbound-call': false,
            'screen-sharing': order.features['screen-sharing'] ?? false,
          },
        },
      }
      return jwt.sign(claims, key, { algorithm: 'RS256', keyid: kid })
    },
  }
}

export type Signing = ReturnType<typeof createSigning>
