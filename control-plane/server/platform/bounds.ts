type Schema = Record<string, unknown>

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Where a request schema lets the sender choose how much comes: texts without `maxLength`, lists without `maxItems`, objects open to any
 * number of members, figures without both limits, parts of unknown type. Empty when everything is bounded. Pure.
 * Answers paths such as `events[].rooms`; the root is `path`.
 */
export function unboundedParts(schema: unknown, path = '.'): string[] {
  if (!isSchema(schema)) return [`${path}: no schema`]
  if ('const' in schema || Array.isArray(schema.enum)) return []
  const branches = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray) as unknown[] | undefined
  if (branches !== undefined) return branches.flatMap((branch) => unboundedParts(branch, path))
  switch (schema.type) {
    case 'null':
    case 'boolean':
      return []
    case 'string':
      return typeof schema.maxLength === 'number' ? [] : [`${path}: text without maxLength`]
    case 'number':
    case 'integer':
      return typeof schema.minimum === 'number' && typeof schema.maximum === 'number'
        ? []
        : [`${path}: figure without minimum and maximum`]
    case 'array':
      return [
        ...(typeof schema.maxItems === 'number' ? [] : [`${path}: list without maxItems`]),
        ...unboundedParts(schema.items, `${path}[]`),
      ]
    case 'object':
      return unboundedMembers(schema, path)
    default:
      return [`${path}: type is not said`]
  }
}

function unboundedMembers(schema: Schema, path: string): string[] {
  const members = [schema.properties, schema.patternProperties].filter(isSchema).flatMap((some) => Object.entries(some))
  const isClosed = schema.additionalProperties === false && schema.patternProperties === undefined
  const rest = isSchema(schema.additionalProperties) ? unboundedParts(schema.additionalProperties, `${path}.*`) : []
  return [
    ...(isClosed || typeof schema.maxProperties === 'number' ? [] : [`${path}: object open to any number of members`]),
    ...members.flatMap(([name, member]) => unboundedParts(member, path === '.' ? name : `${path}.${name}`)),
    ...rest,
  ]
}
