import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/**
 * Everything derived from the deployment's one master key (HKDF, RFC 5869): column encryption (AES-256-GCM, NIST SP 800-38D)
 * and keyed digests. `label` separates purposes, so that a value of one column never opens in another.
 */
export interface Secrets {
  encrypt(label: string, plain: string): string
  /** Throws when the text was changed or the key is another one. */
  decrypt(label: string, sealed: string): string
  /** A keyed digest, base64url, 43 characters. */
  mac(label: string, text: string): string
  /** A derived key of 32 bytes. */
  key(label: string): Buffer
}

const version = 'v1'

export function createSecrets(masterKey: Buffer): Secrets {
  // Labels are few and fixed; a list of people is opened with the same keys over and over.
  const keys = new Map<string, Buffer>()
  const key = (label: string): Buffer => {
    const known = keys.get(label) ?? Buffer.from(hkdfSync('sha256', masterKey, 'tiepdan', label, 32))
    keys.set(label, known)
    return known
  }
  return {
    key,
    mac: (label, text) => createHmac('sha256', key(label)).update(text).digest('base64url'),
    encrypt(label, plain) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key(label), iv)
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return [
        version,
        iv.toString('base64url'),
        body.toString('base64url'),
        cipher.getAuthTag().toString('base64url'),
      ].join('.')
    },
    decrypt(label, sealed) {
      const [kind, iv, body, tag] = sealed.split('.')
      if (kind !== version || iv === undefined || body === undefined || tag === undefined) {
        throw new Error('sealed value has an unknown form')
      }
      const decipher = createDecipheriv('aes-256-gcm', key(label), Buffer.from(iv, 'base64url'), { authTagLength: 16 })
      decipher.setAuthTag(Buffer.from(tag, 'base64url'))
      return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8')
    },
  }
}

/** An unguessable token: 256 random bits, base64url. */
export const randomToken = (draw: (bytes: number) => Buffer = randomBytes): string => draw(32).toString('base64url')

/** What is stored in place of a token or code. */
export const sha256Hex = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Compares two secrets in a time that does not depend on where they differ. */
export function sameSecret(left: string, right: string): boolean {
  return timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest())
}
