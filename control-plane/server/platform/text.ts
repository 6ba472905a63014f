// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out; tab and line ends stay.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** The text as a column can hold it: without control characters (PostgreSQL refuses NUL), half characters replaced by U+FFFD. */
export const storable = (text: string): string => text.toWellFormed().replace(controls, '')

/** What a person typed, fit for a `text` column: well-formed Unicode (NFC), without control characters, trimmed. */
export const cleanText = (typed: string): string => storable(typed).normalize('NFC').trim()

/** The cleaned text, or null when nothing is left of it. */
export const cleanOptional = (typed: string | null | undefined): string | null => cleanText(typed ?? '') || null

/** Lower case, without diacritics, one space between words: "Hội Phú" and "hoi phu" become the same. */
export function foldForSearch(text: string): string {
  return cleanText(text)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A pattern for LIKE that finds the folded text anywhere, with `%`, `_` and `\` taken as themselves. */
export const searchPattern = (text: string): string => `%${foldForSearch(text).replace(/[\\%_]/g, '\\$&')}%`
