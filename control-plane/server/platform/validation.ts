import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { formats } from './formats.ts'
import { cleanText, storable } from './text.ts'

// A snapshot of ten full hearings has 10,000 values, the largest plan 3,000.
const mostValues = 30_000
/** More values than this are looked at only until the first fault: each of them could have a fault of its own. */
const tellAllUpTo = 5_000
const deepest = 16

// `strictNumbers` would let Infinity by: it leaves out the limits for what is not finite, and every figure here has both of them.
const settings = {
  strictNumbers: false,
  useDefaults: true,
  removeAdditional: false,
  allowUnionTypes: true,
  formats,
} as const
// An address has nothing but texts: there a figure must be read from one. A body says itself what each value is, and null is not 0.
const makers = {
  address: {
    first: new Ajv({ ...settings, coerceTypes: true }),
    all: new Ajv({ ...settings, coerceTypes: true, allErrors: true }),
  },
  body: { first: new Ajv(settings), all: new Ajv({ ...settings, allErrors: true }) },
}

type Faults = Pick<ErrorObject, 'instancePath' | 'keyword' | 'message' | 'params'>[]
const fault = (keyword: string, limit: number): Faults => [
  { instancePath: '', keyword, message: `beyond ${keyword}`, params: { limit } },
]

/** What these say is not typed by people: names of files and rooms must come out as they went in. */
const machines = /^\/api\/(recorder-reports|recordings\/receipt|edge|reservations|uploads|kiosk\/test-calls)/

/** Members of a body that nobody may rewrite, as the schema says by `writeOnly`: passwords, keys. */
function secretsOf(schema: unknown): ReadonlySet<string> {
  const members = Object.entries((schema as { properties?: Record<string, { writeOnly?: boolean }> }).properties ?? {})
  return new Set(members.filter(([, member]) => member.writeOnly === true).map(([name]) => name))
}

/**
 * The check of each part of a request (Fastify's validator compiler). Texts are cleaned first, then judged. Every fault is told at once, but the
 * time it takes is bounded whatever was sent: a large part is left at its first fault, and one too large or too deep is not looked into.
 */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart, url }) => {
  const maker = httpPart === 'body' ? makers.body : makers.address
  const first = maker.first.compile(schema)
  const clean = machines.test(url ?? '') ? storable : cleanText
  const secrets = secretsOf(schema)
  // Compiled when it is first needed: most routes are never sent a fault.
  let all: ValidateFunction | undefined
  return (data: unknown) => {
    const size = cleanInside(data, clean, secrets)
    if (size.values > mostValues) return { error: fault('mostValues', mostValues) as never }
    if (size.isTooDeep) return { error: fault('deepest', deepest) as never }
    if (first(data)) return { value: data }
    if (size.values > tellAllUpTo) return { error: (first.errors ?? []) as never }
    all ??= maker.all.compile(schema)
    all(data)
    return { error: (all.errors ?? []) as never }
  }
}

/**
 * Cleans every text inside by `clean`, in place (`secrets`: members of the root that are only made storable), and counts the values. Members whose name cannot be stored are dropped. Without recursion: a body of brackets
 * alone would overflow the stack.
 */
export function cleanInside(
  root: unknown,
  clean: (text: string) => string = cleanText,
  secrets: ReadonlySet<string> = new Set(),
): { values: number; isTooDeep: boolean } {
  let values = 1
  let isTooDeep = false
  const open: { node: Record<string | number, unknown>; depth: number }[] = []
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null) return
    if (depth > deepest) isTooDeep = true
    else open.push({ node: node as Record<string | number, unknown>, depth })
  }
  visit(root, 1)
  for (let next = open.pop(); next !== undefined && values <= mostValues; next = open.pop()) {
    const { node, depth } = next
    // A list is not asked for the names of all its places: of a long one that alone takes its time.
    const names = Array.isArray(node) ? node.keys() : Object.keys(node)
    for (const name of names) {
      values += 1
      if (values > mostValues) break
      const value = node[name]
      if (typeof name === 'string' && storable(name) !== name) delete node[name]
      else if (typeof value === 'string')
        node[name] = depth === 1 && secrets.has(String(name)) ? storable(value) : clean(value)
      else visit(value, depth + 1)
    }
  }
  return { values, isTooDeep }
}
