const leapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysOf = (year: number, month: number): number =>
  month === 2 && leapYear(year) ? 29 : ([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0)

/** A day that the calendar has. PostgreSQL knows no year 0, and the last hours of 9999 are the year 10000 elsewhere, which has no ISO form. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return false
  return year >= 1000 && year <= 9998 && day >= 1 && day <= daysOf(year, month)
}

/** RFC 3339 without its leap seconds, which neither Date nor our columns can hold. */
function isInstant(text: string): boolean {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](\d\d):(\d\d))$/.exec(text)
  if (found === null || !isDate(found[1] ?? '')) return false
  const [hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = found
    .slice(2)
    .map((part) => Number(part ?? 0))
  return hour <= 23 && minute <= 59 && second <= 59 && zoneHour <= 14 && zoneMinute <= 59
}

/** An address that a mail server can be asked for: dots only between words, a domain of at least two labels (RFC 5321 §4.1.2, without quotes). */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (text.length > 254 || at < 1 || at > 64) return false
  const words = text.slice(0, at).split('.')
  const labels = text.slice(at + 1).split('.')
  return (
    labels.length >= 2 &&
    words.every((word) => /^[\w!#$%&'*+/=?^`{|}~-]+$/.test(word)) &&
    labels.every((label) => /^[a-z0-9-]{1,63}$/i.test(label) && !label.startsWith('-') && !label.endsWith('-'))
  )
}

/** PostgreSQL's uuid, without the `urn:uuid:` that the standard format allows. */
const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)

/** The formats of our schemas. Our own, so that what passes can be stored, and so that none of them takes longer than its text is long. */
export const formats = { date: isDate, 'date-time': isInstant, email: isEmail, uuid: isUuid }
