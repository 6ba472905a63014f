import { parseArgs } from 'node:util'
import { startPostgres } from '../support/databases.ts'
import { due1000 } from './due.ts'
import { firstFrame } from './first-frame.ts'
import { firstScreen } from './first-screen.ts'
import { grantOpen } from './grant-open.ts'
import { ingest } from './ingest.ts'
import { measure } from './measure.ts'
import { memoryRest } from './memory-rest.ts'
import type { Figure } from './rounds.ts'

const benches: Record<string, (tell: (words: string) => void) => Promise<Figure[]>> = {
  'grant-open': grantOpen,
  ingest,
  measure,
  'first-frame': firstFrame,
  'due-1000': due1000,
  'first-screen': firstScreen,
  'memory-rest': memoryRest,
}

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true })
const unknown = positionals.filter((name) => benches[name] === undefined)
if (unknown.length > 0) {
  console.error(`Không có phép đo: ${unknown.join(', ')}. Có: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}

const tell = (words: string): void => console.error(words)
process.env.TIEPDAN_TEST_DATABASE = 'postgres'
const postgres = await startPostgres()
process.env.TIEPDAN_TEST_POSTGRES = postgres.url
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    tell(`== ${name}`)
    for (const figure of await bench(tell)) console.log(values.json ? JSON.stringify(figure) : inWords(figure))
  }
} finally {
  postgres.stop()
}

function inWords({ name, value, unit, baseline, ratio, goal }: Figure): string {
  const against = baseline === null ? '' : `; mốc ${baseline} ${unit}, tỉ số ${ratio}`
  return `${name}: ${value} ${unit}${against}${goal === undefined ? '' : ` (mục tiêu ${goal})`}`
}
