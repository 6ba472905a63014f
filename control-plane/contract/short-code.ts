import { turnedBack } from './input-methods.ts'

/**
 * What codes are made of (docs/decisions/codes-people-type.md). No vowel, D, W, F or J: Telex, VNI and VIQR make something of a letter or digit only
 * beside one of these. Without I, O, 0, 1, which are mistaken for one another.
 */
export const codeAlphabet = 'BCGHKLMNPQRSTVXZ23456789'
/** Of the codes of earlier releases, which stay valid. */
const earlierAlphabet = /^[A-HJ-NP-Z2-9]+$/

/** Characters of a code: of a join grant, of a room PC's enrolment. */
export const grantCodeLength = 10
export const enrolmentCodeLength = 8

/** What a code's field takes; whoever pastes more has the code found by the page. */
export const mostTyped = 300

/** A text has few places that look like a code, and of one that was rewritten there are few readings; each is looked up. */
const mostReadings = 64

export interface CodeRead {
  /** What the text may mean, most likely first, as codes are compared: capitals and digits alone. Empty: there is no code in it. */
  codes: string[]
  /** A Vietnamese input method changed letters or digits, and this was turned back. */
  rewritten: boolean
}

const none: CodeRead = { codes: [], rewritten: false }

/** As people see it: two groups. */
export const shownCode = (code: string): string => `${code.slice(0, code.length / 2)}-${code.slice(code.length / 2)}`

/** Without what nobody sees, letters of another width as ours. Character by character, so that marks stay in the order of their keys. */
const readable = (text: string): string =>
  text.replace(/\p{Cf}/gu, '').replace(/\P{M}/gu, (character) => character.normalize('NFKC'))

/** The code in what somebody typed or pasted: a field's text, a line, or a whole letter. */
export function readCode(text: string, length: number): CodeRead {
  const plain = readable(text).toUpperCase()
  const found = foundIn(plain, length)
  if (found.length > 0) return { codes: found, rewritten: false }
  // "Mã: N C Y 2 W …": what stands before the colon is no part of it.
  const own = plain.slice(plain.lastIndexOf(':') + 1)
  if (!/[^\P{L}A-Z]|\p{M}/u.test(own)) {
    const squeezed = own.replace(/[^A-Z0-9]/g, '')
    if (squeezed.length === length) return { codes: [squeezed], rewritten: false }
  }
  if (own.length > 3 * length) return none
  const codes = turnedBack(own, length).filter((code) => earlierAlphabet.test(code))
  return codes.length === 0 ? none : { codes: codes.slice(0, mostReadings), rewritten: true }
}

/** Everything that has the form of a code; with its hyphen before those without. */
function foundIn(text: string, length: number): string[] {
  const half = `([A-Z0-9]{${length / 2}})`
  const all = (between: string): string[] =>
    // Looked for at every place: two words of the right length before a code must not hide it.
    [
      ...text.matchAll(
        new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])(?=${half}${between}${half}(?![\\p{L}\\p{N}\\p{M}]))`, 'gu'),
      ),
    ].map(([, first = '', second = '']) => first + second)
  const hyphened = all('\\s?\\p{Pd}\\s?')
  const codes = hyphened.length > 0 ? hyphened : all('[\\s._/]?')
  // Of words without accents most have no digit, of codes few.
  const ranked = [...codes.filter((code) => /\d/.test(code)), ...codes.filter((code) => !/\d/.test(code))]
  return [...new Set(ranked)].slice(0, mostReadings)
}

/**
 * The digits of an authenticator's code in what was typed or pasted: "123 456", "Mã: 123-456", digits of another width, or as the Vietnamese keyboard of
 * Windows writes them. Answers the text itself where there are none.
 */
export function readDigits(text: string, length = 6): string {
  const plain = readable(text)
  const [found] = new RegExp(`(?<!\\d)\\d(?:[\\s.-]?\\d){${length - 1}}(?!\\d)`).exec(plain) ?? []
  if (found !== undefined) return found.replace(/\D/g, '')
  return turnedBack(plain.toUpperCase(), length).find((code) => /^\d+$/.test(code)) ?? text.trim()
}
