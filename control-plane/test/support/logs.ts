import { createLog } from '../../server/platform/log.ts'

/**
 * The people of the tests' builders, by name, number and address: none of them may stand in any log of any test (design rule 8). Who adds a
 * person to a builder adds him here.
 */
export const people = [
  ...[
    'Nguyễn Văn An',
    'Trần Thị Bình',
    'Lê Văn Cường',
    'Phạm Thị Dung',
    'Trần Chủ Trì',
    'Lê Thị Quan Sát',
    'Lê Quan Sát',
    'Trần Văn Chủ',
  ],
  ...['052080001234', '064090001234', '0905123456', '0912345678', '0912 345 678', '+84987654321'],
  ...['cuong@example.vn', 'dung@example.vn', 'quan.sat@tiepdan.invalid', '12 Hùng Vương'],
]

const escaped = new Map(people.map((one) => [one, JSON.stringify(one).slice(1, -1)]))

/** Who of them stands in the text, as written or as JSON writes it. */
export const peopleIn = (text: string): string[] =>
  people.filter((one) => text.includes(one) || text.includes(escaped.get(one) ?? one))

/** @throws Error with the first line that names somebody. */
export function demandNobodyIn(log: string, whose: string): void {
  const found = peopleIn(log)
  if (found.length === 0) return
  const line = log.split('\n').find((one) => peopleIn(one).length > 0)
  throw new Error(`the log of ${whose} holds ${found.join(', ')}: ${line?.slice(0, 2_000)}`)
}

/** A log at its most talkative that nobody sees; `demandNobody` reads all that was written to it. */
export function collectedLog() {
  const lines: string[] = []
  return {
    log: createLog('debug', { write: (line: string) => void lines.push(line) }),
    lines,
    demandNobody: (): void => demandNobodyIn(lines.join(''), 'the test'),
  }
}
