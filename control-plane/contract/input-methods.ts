/**
 * How Vietnamese input methods rewrite what is typed, read backwards: which keys may have made a text. Texts and keys are capitals. The methods are modelled
 * as UniKey works without its spelling check: a key looks for its letter in the whole word before it.
 */

const [grave, acute, circumflex, tilde, breve] = ['\u0300', '\u0301', '\u0302', '\u0303', '\u0306']
const [hook, horn, dot, stroke] = ['\u0309', '\u031b', '\u0323', '\u0335']
const toneMarks = grave + acute + tilde + hook + dot
const vowels = 'AEIOUY'

interface Method {
  tones: Record<string, string>
  /** Of a key: on which letters it puts which mark, the first that is there. */
  shapes: Record<string, [letters: string, mark: string][]>
  /** Of a key that finds no letter: the letter that it writes itself. */
  alone: Record<string, string>
}

const telex: Method = {
  tones: { S: acute, F: grave, R: hook, X: tilde, J: dot },
  shapes: {
    W: [
      ['UO', horn],
      ['A', breve],
    ],
    A: [['A', circumflex]],
    E: [['E', circumflex]],
    O: [['O', circumflex]],
    D: [['D', stroke]],
  },
  alone: { W: `U${horn}` },
}
const vni: Method = {
  tones: { 1: acute, 2: grave, 3: hook, 4: tilde, 5: dot },
  shapes: { 6: [['AEO', circumflex]], 7: [['UO', horn]], 8: [['A', breve]], 9: [['D', stroke]] },
  alone: {},
}

/** The letters of a word with their marks; its tone stands beside, because methods differ in which vowel bears it. */
interface Word {
  letters: readonly string[]
  tone: string
}

const append = (word: Word, letter: string): Word => ({ ...word, letters: [...word.letters, letter] })

/** What becomes of a word by one more key. */
function pressed({ tones, shapes, alone }: Method, word: Word, key: string): Word {
  const { letters } = word
  const tone = tones[key]
  if (tone !== undefined && letters.some((letter) => vowels.includes(letter[0] ?? '')))
    // A second time it takes its tone back and stands there itself; another tone takes its place.
    return word.tone === tone ? append({ letters, tone: '' }, key) : { letters, tone }
  for (const [bases, mark] of shapes[key] ?? []) {
    const at = letters.findLastIndex((letter) => bases.includes(letter[0] ?? ''))
    const letter = letters[at]
    if (letter === undefined) continue
    const isTakenBack = letter[1] === mark
    const changed = { ...word, letters: letters.with(at, isTakenBack ? (letter[0] ?? '') : letter[0] + mark) }
    return isTakenBack ? append(changed, key) : changed
  }
  return append(word, alone[key] ?? key)
}

/** A word as it stands on the screen. */
function wordOf(text: string): Word {
  const plain = text.normalize('NFD').replaceAll('Đ', `D${stroke}`)
  const tone = [...plain].findLast((part) => toneMarks.includes(part)) ?? ''
  return {
    letters:
      [...plain]
        .filter((part) => !toneMarks.includes(part))
        .join('')
        .match(/\P{M}\p{M}*/gu) ?? [],
    tone,
  }
}

const isSame = (one: Word, other: Word): boolean =>
  one.tone === other.tone &&
  one.letters.length === other.letters.length &&
  one.letters.every((letter, at) => letter === other.letters[at])

/** Looks at keys of one word; a bound, because a text of vowels has no end of readings. */
const mostSteps = 3_000
/** More keys that left nothing behind than this are not looked for: of their readings there are too many to be of use. */
const mostLost = 4

/** Readings of one word that go on to be combined with those of the other. */
const mostOfWord = 64

/** All rows of `length` keys that make the word: letter by letter, with keys between that change what stands. */
function keysFor(method: Method, target: Word, length: number): string[] {
  const found: string[] = []
  const changing = [...Object.keys(method.tones), ...Object.keys(method.shapes)]
  let steps = 0
  if (length < target.letters.length || length - target.letters.length > mostLost) return found
  const goOn = (word: Word, keys: string): void => {
    if (keys.length === length) {
      if (isSame(word, target)) found.push(keys)
      return
    }
    const missing = target.letters.length - word.letters.length
    if (missing < 0 || missing > length - keys.length || steps > mostSteps) return
    const [base = ''] = target.letters[word.letters.length] ?? ''
    const written = Object.keys(method.alone).filter((key) => method.alone[key]?.[0] === base)
    for (const key of new Set([base, ...written, ...changing])) {
      if (key === '') continue
      steps += 1
      const then = pressed(method, word, key)
      const isNext = then.letters.length === word.letters.length || then.letters.at(-1)?.[0] === base
      if (isNext) goOn(then, keys + key)
    }
  }
  goOn({ letters: [], tone: '' }, '')
  return found
}

/** The Vietnamese keyboard of Windows: its upper row writes letters and tones, on consonants too. Each has one key. */
const upperRow: Record<string, string> = { [grave]: '5', [hook]: '6', [tilde]: '7', [acute]: '8', [dot]: '9' }
const upperLetters: Record<string, string> = {
  [`A${breve}`]: '1',
  [`A${circumflex}`]: '2',
  [`E${circumflex}`]: '3',
  [`O${circumflex}`]: '4',
  Đ: '0',
}
/** Character by character: normalizing the whole would change the order of two marks, which is that of two keys. */
const fromUpperRow = (text: string): string =>
  [...text]
    .flatMap((character) => {
      const [letter = '', ...own] = character.normalize('NFD')
      const shape = own.find((mark) => upperLetters[letter + mark] !== undefined)
      const base = upperLetters[letter + (shape ?? '')] ?? upperRow[letter] ?? letter
      return [base, ...own.filter((mark) => mark !== shape).map((mark) => upperRow[mark] ?? mark)]
    })
    .filter((key) => /[\p{L}\p{N}\p{M}]/u.test(key))
    .join('')

/**
 * What may have been typed for a text that an input method wrote: `length` keys, in as many words as the text has. Empty when there is nothing that a
 * method could have changed.
 */
export function turnedBack(text: string, length: number): string[] {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  const byKeyboard = fromUpperRow(text)
  const readings = byKeyboard.length === length && byKeyboard !== words.join('') ? [byKeyboard] : []
  // Without a mark and without a letter that could have borne one, nothing was rewritten: something is missing.
  if (!/[^\P{L}A-Z]|\p{M}|[ADEOUWY]/u.test(text)) return []
  const parts = words.length === 2 ? words : [words.join('')]
  for (const method of [telex, vni]) {
    const each = parts.map((part) => {
      const own = part.length === length / parts.length && /^[A-Z0-9]+$/.test(part) ? [part] : []
      return [...new Set([...own, ...keysFor(method, wordOf(part), length / parts.length)])].slice(0, mostOfWord)
    })
    readings.push(...each.reduce((before, keys) => before.flatMap((start) => keys.map((key) => start + key)), ['']))
  }
  return [...new Set(readings)].filter((reading) => reading.length === length)
}
