/** A link's token is 256 bits in base64url (server/rooms/grants.ts); what follows its last character belongs to the text around the link. */
const tokenLength = 43

export type LinkRead = { is: 'none' } | { is: 'token'; token: string } | { is: 'damaged' }

/** Percent signs are written anew by each program that hands an address on; three times is more than was seen. */
function decoded(text: string): string {
  let plain = text
  for (let times = 0; times < 3; times++) {
    plain = plain.replace(/(%[0-9a-f]{2})+/gi, (bytes) => {
      try {
        return decodeURIComponent(bytes)
      } catch {
        return bytes
      }
    })
  }
  return plain
}

/** Without what nobody sees: zero-width and direction marks, soft hyphens. */
const visible = (text: string): string => text.replace(/\p{Cf}/gu, '')

/** Puts together again what a mail broke over lines, with its quoting marks or the `=` of quoted-printable. */
const joined = (text: string): string => text.replace(/=?\s+[>|]?\s*/g, '')

/**
 * The key in the fragment of a join link, however the link was copied: everything that cannot be token is cut. `damaged`: there is something, but
 * less than a token. Characters that were changed into others are seen by the server alone.
 */
export function readFragment(fragment: string): LinkRead {
  const plain = joined(visible(decoded(fragment)).normalize('NFKC').trim())
    // A word processor makes long dashes.
    .replace(/\p{Pd}/gu, '-')
  const [own = ''] = plain.replace(/^#/, '').split(/[?&]/)
  const text = own.replace(/^[^A-Za-z0-9_-]+/, '')
  if (text === '') return { is: 'none' }
  const [token = ''] = /^[A-Za-z0-9_-]+/.exec(text) ?? []
  return token.length < tokenLength ? { is: 'damaged' } : { is: 'token', token: token.slice(0, tokenLength) }
}

/** The key of a join link somewhere in a text, such as a letter that was pasted whole. */
export function readLinkIn(text: string): LinkRead {
  const [, fragment = ''] = /\/vao[/.]?(?:\?[^\s#]*)?(?:#|%23)(.*)$/is.exec(visible(text)) ?? []
  return readFragment(fragment)
}

/**
 * Where an address leads that means the page for links and codes or the page of a room PC, and is written otherwise: with a slash, capitals, accents,
 * a full stop of the sentence around it. Answers the right address, undefined for every other. `path`: as it was asked for, with query.
 */
export function forgivenPath(path: string): string | undefined {
  const [asked = ''] = path.split('?')
  const plain = visible(decoded(asked)).normalize('NFD').replace(/\p{M}/gu, '')
  const [, page = '', rest = ''] = /^[\s/]+(vao|kiosk)(?![\w-])(.*)$/is.exec(plain) ?? []
  if (page.toLowerCase() === 'kiosk') return '/kiosk'
  if (page === '') return undefined
  const link = readFragment(rest.replace(/^[/\s]+/, ''))
  if (link.is === 'token') return `/vao#${link.token}`
  // A fragment that was no token: its page says so. Without a fragment it was a slash too many.
  return link.is === 'damaged' && rest.includes('#') ? '/vao#-' : '/vao'
}
