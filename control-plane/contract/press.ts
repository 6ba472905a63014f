/**
 * The name of one press of a button, or of one form however often it is sent: a new one each time. By `getRandomValues`, because `randomUUID`
 * is there only over HTTPS.
 */
export const newPress = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The header that carries it (draft-ietf-httpapi-idempotency-key-header: a structured field, so in quotes). */
export const pressHeader = (press: string): { 'idempotency-key': string } => ({ 'idempotency-key': `"${press}"` })
