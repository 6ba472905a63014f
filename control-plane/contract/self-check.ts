import { type Static, Type } from 'typebox'
import { route } from './route.ts'
import { InstantText, Nullable } from './words.ts'

/** One thing that a self-check looked at. `note`: could not be judged, or is not set up. */
export const Check = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 200 }),
    name: Type.String({ minLength: 1, maxLength: 300 }),
    is: Type.Unsafe<'good' | 'note' | 'bad'>({ type: 'string', enum: ['good', 'note', 'bad'] }),
    /** What to do when it is not good. */
    remedy: Type.String({ maxLength: 1000 }),
    detail: Type.String({ maxLength: 1000 }),
  },
  { maxProperties: 10 },
)
export type Check = Static<typeof Check>
export const Checks = Type.Array(Check, { minItems: 1, maxItems: 2000 })

export const SelfCheckAnswer = Type.Object({
  last: Nullable(Type.Object({ at: InstantText, checks: Type.Array(Check) })),
})
export type SelfCheckAnswer = Static<typeof SelfCheckAnswer>

/** Re-read on the topic `self-check`. */
export const readSelfCheck = route({
  method: 'GET',
  url: '/api/self-check',
  schema: {
    summary: 'What the last scripts/self-check found on the servers',
    tags: ['alerts'],
    response: { 200: SelfCheckAnswer },
  },
})
