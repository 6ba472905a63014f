/**
 * One way to store what people type, and one way to compare it, for the server and for browsers. Both are pure and may be applied twice without
 * changing anything more.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out; tab and line ends stay.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/g

/** The text as a column can hold it: without control characters (PostgreSQL refuses NUL), half characters replaced by U+FFFD. For what machines say. */
export const storable = (text: string): string => text.toWellFormed().replace(controls, '')

/** Invisible: zero-width, direction marks, soft hyphens, fillers, tags, byte order marks. A copied text is full of them. */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const spaces = /[\p{Zs}\t\u2800]/gu
const lineEnds = /\r\n?|[\u0085\u2028\u2029]/g

/** What keyboards, input methods and word processors put for an apostrophe: ' ` ´ ʹ ʻ ʼ ʽ ˈ ˊ ˋ ‘ ’ ‛ ′ ‵ ꞌ ＇ ｀ */
const apostrophes =
  "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u2018\u2019\u201b\u2032\u2035\ua78c\uff07\uff40"
const hyphens = '\u2010\u2011\u2012\u2013\u2212\u2043\ufe58\ufe63\uff0d'
/** Within a word only: quotation marks around one and dashes between words stay what they are. */
const apostropheInside = new RegExp(`(?<=[\\p{L}\\p{M}])[${apostrophes}]+(?=\\p{L})`, 'gu')
const hyphenInside = new RegExp(`(?<=[\\p{L}\\p{M}])[${hyphens}](?=\\p{L})`, 'gu')

/** Eth, African and stroked d look like Đ in most fonts, and keyboards of other countries give them. */
const dLikes: Record<string, string> = { Ð: 'Đ', ð: 'đ', Ɖ: 'Đ', ɖ: 'đ', Ƌ: 'Đ', ƌ: 'đ' }
const dLike = /[ÐðƉɖƋƌ]/g
const strokedD = /([Dd])[\u0335-\u0338]/g

/** Most of what is typed: nothing in it has another form. */
const plain = /^[!-&(-_a-~]*(?: [!-&(-_a-~]+)*$/
const isAddress = /^\S+@\S+$/

/**
 * What a person typed, as it is stored: well-formed Unicode (NFC), nothing invisible, Đ as Đ, ’ within words (H’Nhung), plain spaces and never two,
 * lines without blank ends, trimmed.
 */
export function cleanText(typed: string): string {
  if (plain.test(typed)) return typed
  const seen = storable(typed)
    .replace(lineEnds, '\n')
    .replace(invisible, '')
    .replace(spaces, ' ')
    .normalize('NFC')
    .replace(strokedD, (_, letter: string) => (letter === 'D' ? 'Đ' : 'đ'))
    .replace(dLike, (letter) => dLikes[letter] ?? letter)
    .replace(/ {2,}/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  // An e-mail address may hold an apostrophe, and then means this one.
  return isAddress.test(seen) ? seen : seen.replace(apostropheInside, '’').replace(hyphenInside, '-')
}

/** The cleaned text, or null when nothing is left of it. */
export const cleanOptional = (typed: string | null | undefined): string | null => cleanText(typed ?? '') || null

const anyApostrophe = new RegExp(`[${apostrophes}]`, 'g')
const anyHyphen = new RegExp(`[${hyphens}]`, 'g')

/** A person's name in one line: every apostrophe and hyphen the same one, also at a word's end (`Y’ Bih`). */
export const cleanName = (typed: string): string =>
  cleanText(typed).replace(/\s+/g, ' ').replace(anyApostrophe, '’').replace(anyHyphen, '-')

/** Figures without what people put between them; full-width ones as plain ones. */
const figures = (typed: string): string =>
  cleanText(typed)
    .normalize('NFKC')
    .replace(/[\s.,\-()/]/g, '')
    .replace(anyHyphen, '')

/** A telephone number as it is dialled within Việt Nam: `0084…`, `84…`, `+84 (0)…`, with dots or blanks, become `0…`. Others stay as they are. */
export const cleanPhone = (typed: string): string => figures(typed).replace(/^(?:\+|00)?840?(?=[1-9]\d{8,9}$)/, '0')

/** Ten digits, eleven of a landline. */
export const isPhone = (phone: string): boolean => /^0[1-9]\d{8,9}$/.test(phone)

/** The number of an identity card, without what people put between the figures. */
export const cleanIdNumber = figures

/** `y` as the only vowel of a syllable, and in `quy`: written `i` by others (Lý/Lí, Mỹ/Mĩ, Quý/Quí). */
const loneY = /(?<![a-z])((?:[bcdghklmnprstvx]|ch|gh|kh|ng|nh|ph|th|tr)?)y(?![a-z])/g

/**
 * The text as it is searched and compared: lower case, without diacritics, apostrophes, hyphens or other signs; i for y where both are written;
 * `1.234` is 1234. A single letter goes with the next word: H'Nhung, H’ Nhung and H Nhung become the same.
 */
export const foldForSearch = (text: string): string =>
  cleanText(text)
    .replace(apostropheInside, '')
    .replace(anyApostrophe, ' ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replace(/(?<=\d)\.(?=\d{3}(?!\d))/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/quy/g, 'qui')
    .replace(loneY, '$1i')
    .replace(/(?<![\p{L}\p{N}])(\p{L}) (?=\p{L})/gu, '$1')
    .trim()
