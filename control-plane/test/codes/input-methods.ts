/**
 * Vietnamese input methods as they work on a word in a browser's field (UniKey's way: a mark is sought for in the letters before it, in the whole word,
 * without a look at whether it is Vietnamese). Keys in, text out; capitals.
 */
type Keys = Record<string, string>
const vowels = 'AEIOUY'
const [grave, acute, circumflex, tilde, breve, hook, horn, dot] = [
  '\u0300',
  '\u0301',
  '\u0302',
  '\u0303',
  '\u0306',
  '\u0309',
  '\u031b',
  '\u0323',
]

interface Letter {
  base: string
  shape: string
  tone: string
}

/** A word is a row of letters; a key changes one of them or stands at the end. */
function typedWith(
  method: { tones: Keys; shapes(key: string): [bases: string, shape: string][]; alone: Keys },
  keys: string,
): string {
  let word: Letter[] = []
  let written = ''
  const plain = (base: string): Letter => ({ base, shape: '', tone: '' })
  const shown = (letters: Letter[]): string =>
    letters.map(({ base, shape, tone }) => (base + shape + tone).normalize('NFC')).join('')
  for (const key of keys) {
    if (/[^A-Z0-9]/.test(key) && method.tones[key] === undefined && method.shapes(key).length === 0) {
      written += shown(word) + key
      word = []
      continue
    }
    const vowel = word.findLast(({ base }) => vowels.includes(base))
    const tone = method.tones[key]
    if (tone !== undefined && vowel !== undefined) {
      // Pressed twice it takes its tone back and stands there itself; another takes its place.
      if (vowel.tone === tone) word.push({ ...plain(key) })
      vowel.tone = vowel.tone === tone ? '' : tone
      continue
    }
    const shapes = method.shapes(key).flatMap(([bases, shape]) => {
      const letter = word.findLast(({ base }) => bases.includes(base))
      return letter === undefined ? [] : [{ letter, shape }]
    })
    const [first] = shapes
    if (first !== undefined) {
      if (first.letter.shape === first.shape) {
        first.letter.shape = ''
        word.push(plain(key))
      } else first.letter.shape = first.shape
      continue
    }
    const alone = method.alone[key]
    word.push(alone === undefined ? plain(key) : { base: 'U', shape: alone, tone: '' })
  }
  return (written + shown(word)).replaceAll('D\u0336', 'Đ')
}

const stroke = '\u0336'
export const telex = (keys: string): string =>
  typedWith(
    {
      tones: { S: acute, F: grave, R: hook, X: tilde, J: dot } as Keys,
      shapes: (key) =>
        (key === 'W'
          ? ([
              ['UO', horn],
              ['A', breve],
            ] as [string, string][])
          : 'AEO'.includes(key)
            ? [[key, circumflex]]
            : key === 'D'
              ? [['D', stroke]]
              : []) as [string, string][],
      alone: { W: horn } as Keys,
    },
    keys,
  )

export const vni = (keys: string): string =>
  typedWith(
    {
      tones: { 1: acute, 2: grave, 3: hook, 4: tilde, 5: dot } as Keys,
      shapes: (key) =>
        (
          ({ 6: [['AEO', circumflex]], 7: [['UO', horn]], 8: [['A', breve]], 9: [['D', stroke]] }) as Record<
            string,
            [string, string][]
          >
        )[key] ?? [],
      alone: {},
    },
    keys,
  )

export const viqr = (keys: string): string =>
  typedWith(
    {
      tones: { "'": acute, '`': grave, '?': hook, '~': tilde, '.': dot } as Keys,
      shapes: (key) =>
        (
          ({ '^': [['AEO', circumflex]], '+': [['UO', horn]], '(': [['A', breve]], D: [['D', stroke]] }) as Record<
            string,
            [string, string][]
          >
        )[key] ?? [],
      alone: {},
    },
    keys,
  )

/** UniKey's short cuts for consonants at the beginning of a word and doubled ones ("gõ tắt"). */
export const shortcuts = (keys: string): string =>
  keys
    .replace(/\b[FJW]/g, (key) => ({ F: 'PH', J: 'GI', W: 'QU' })[key] ?? key)
    .replace(
      /(CC|GG|KK|NN|QQ|PP|TT|UU)/g,
      (pair) => ({ CC: 'CH', GG: 'GI', KK: 'KH', NN: 'NG', QQ: 'QU', PP: 'PH', TT: 'TH', UU: 'ƯƠ' })[pair] ?? pair,
    )

/** Windows' own keyboard "Tiếng Việt": the digits of the upper row are letters and tones. */
export const windowsKeyboard = (keys: string): string =>
  [...keys]
    .map(
      (key) =>
        (({ 1: 'Ă', 2: 'Â', 3: 'Ê', 4: 'Ô', 5: grave, 6: hook, 7: tilde, 8: acute, 9: dot, 0: 'Đ' }) as Keys)[key] ??
        key,
    )
    .join('')
