import { foldForSearch } from '../../contract/text.ts'

export {
  cleanIdNumber,
  cleanName,
  cleanOptional,
  cleanPhone,
  cleanText,
  foldForSearch,
  isPhone,
  storable,
} from '../../contract/text.ts'

/** A pattern for LIKE that finds the folded text anywhere, with `%`, `_` and `\` taken as themselves. */
export const searchPattern = (text: string): string => `%${foldForSearch(text).replace(/[\\%_]/g, '\\$&')}%`
