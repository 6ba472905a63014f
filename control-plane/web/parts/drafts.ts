/** What was typed into a form and not saved yet, as this browser keeps it for one person. */
export interface Draft<T> {
  typed: T
  /** What the form showed when it was opened, and its version: for comparing when somebody else saves in between. */
  base: T
  version: number
  /** The form's press: sent again from the draft, it is the same one. */
  press: string
  at: string
}

const prefix = 'tiepdan.nhap.'
const keptMs = 7 * 24 * 3_600_000
const nameOf = (owner: Owner, form: string): string => `${prefix}${owner.id}.${form}`

/** Whose drafts: without his key, which the server tells only while he is signed in, what lies in the browser cannot be read. */
export interface Owner {
  id: string
  draftKey: string
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
const textOf = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

/** Undefined where the page did not come over HTTPS: there is no cipher then, and drafts live as long as the tab. */
async function keyOf({ draftKey }: Owner): Promise<CryptoKey | undefined> {
  if (crypto.subtle === undefined) return undefined
  const raw = bytesOf(draftKey.replaceAll('-', '+').replaceAll('_', '/'))
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

export async function keepDraft<T>(owner: Owner, form: string, draft: Draft<T>): Promise<void> {
  const key = await keyOf(owner)
  const plain = JSON.stringify(draft)
  if (key === undefined) return sessionStorage.setItem(nameOf(owner, form), plain)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new TextEncoder().encode(plain))
  const kept = { iv: textOf(iv), sealed: textOf(new Uint8Array(sealed)), at: draft.at }
  localStorage.setItem(nameOf(owner, form), JSON.stringify(kept))
}

/** Undefined when there is none, or none that can be read. */
export async function readDraft<T>(owner: Owner, form: string): Promise<Draft<T> | undefined> {
  try {
    const key = await keyOf(owner)
    if (key === undefined) return JSON.parse(sessionStorage.getItem(nameOf(owner, form)) ?? 'null') ?? undefined
    const kept = JSON.parse(localStorage.getItem(nameOf(owner, form)) ?? 'null') as {
      iv: string
      sealed: string
    } | null
    if (kept === null) return undefined
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytesOf(kept.iv) }, key, bytesOf(kept.sealed))
    return JSON.parse(new TextDecoder().decode(opened)) as Draft<T>
  } catch {
    // Of another master key, or damaged: nobody can read it any more. Whatever it is, the form opens.
    dropDraft(owner, form)
    return undefined
  }
}

export function dropDraft(owner: Owner, form: string): void {
  localStorage.removeItem(nameOf(owner, form))
  sessionStorage.removeItem(nameOf(owner, form))
}

/** Forgets what nobody has taken up for a week, whoever's it is, and what is no draft at all. */
export function dropOldDrafts(now: number): void {
  for (const name of Object.keys(localStorage).filter((one) => one.startsWith(prefix)))
    if (!(now - keptAt(localStorage.getItem(name)) < keptMs)) localStorage.removeItem(name)
}

/** NaN where that cannot be read. */
function keptAt(kept: string | null): number {
  try {
    return Date.parse((JSON.parse(kept ?? '{}') as { at?: string }).at ?? '')
  } catch {
    return Number.NaN
  }
}
