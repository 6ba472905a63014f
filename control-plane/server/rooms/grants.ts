import { randomUUID } from 'node:crypto'
import { grantCodeLength } from '../../contract/short-code.ts'
import type { HearingPlan } from '../hearings/index.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { type Secrets, sha256Hex } from '../platform/secrets.ts'
import { codeFrom } from '../platform/short-code.ts'
import { earlierCode } from './room.ts'
import { grantNames } from './sealed-names.ts'
import * as store from './store.ts'

type GrantSeed = Pick<
  store.GrantRow,
  'kind' | 'endpointId' | 'participantId' | 'displayName' | 'moderator' | 'required'
>

/**
 * What is stored of a short code (as codes are compared: contract/short-code.ts): a keyed digest, because its bits could be tried out against a bare hash in
 * a stolen copy.
 */
export const codeHash = (secrets: Secrets, code: string): string => secrets.mac('grant-code-hash', code)

/**
 * Grants: one opaque link and one short code for one person or room. Both are derived from the grant's id with the master key, so the
 * office can be shown them again while the database holds only their hashes.
 */
export function createGrants(platform: Platform) {
  const { secrets, clock, config } = platform
  const names = grantNames(secrets)
  const tokenOf = (id: string): string => secrets.mac('grant-link', id)
  const hashOf = (shown: string): string => codeHash(secrets, shown.replace('-', ''))
  const codeOf = (id: string): string =>
    codeFrom(Buffer.from(secrets.mac('grant-code', id), 'base64url'), grantCodeLength)

  function row(roomId: string, hearingId: string | null, seed: GrantSeed) {
    const id = randomUUID()
    return {
      id,
      roomId,
      hearingId,
      ...seed,
      tokenHash: sha256Hex(tokenOf(id)),
      codeHash: hashOf(codeOf(id)),
      createdAt: new Date(clock.now()),
    }
  }

  return {
    /** One grant for each endpoint and for each person on an own device. Moderators: the chair's desk and the technical officer, nobody else. */
    async createFor(tx: Tx, roomId: string, hearing: HearingPlan): Promise<void> {
      const rooms = hearing.endpoints.map((endpoint) =>
        row(roomId, hearing.id, {
          kind: 'endpoint',
          endpointId: endpoint.endpointId,
          participantId: null,
          displayName: names.seal(endpoint.name),
          moderator: endpoint.kind === 'central',
          required: true,
        }),
      )
      const people = hearing.participants
        .filter((person) => person.endpointId === null)
        .map((person) =>
          row(roomId, hearing.id, {
            kind: 'participant',
            endpointId: null,
            participantId: person.id,
            displayName: names.seal(person.name),
            moderator: person.role === 'chair' || person.role === 'technical-officer',
            required: person.required,
          }),
        )
      await store.insertGrants(tx, [...rooms, ...people])
    },
    /** One grant for each room PC of a drill, by endpoint. */
    async createForDrill(
      tx: Tx,
      roomId: string,
      places: { endpointId: string; name: string }[],
    ): Promise<Map<string, string>> {
      const made = places.map(({ endpointId, name }, index) => ({
        endpointId,
        row: row(roomId, null, {
          ...{ kind: 'endpoint', endpointId, participantId: null, displayName: names.seal(name) },
          ...{ moderator: index === 0, required: false },
        }),
      }))
      await store.insertGrants(
        tx,
        made.map((one) => one.row),
      )
      return new Map(made.map((one) => [one.endpointId, one.row.id]))
    },
    /** A new grant for the same person or room. */
    async renew(tx: Tx, old: store.GrantRow): Promise<string> {
      const { kind, endpointId, participantId, displayName, moderator, required } = old
      const seed = { kind, endpointId, participantId, displayName, moderator, required }
      const fresh = row(old.roomId, old.hearingId ?? '', seed)
      await store.insertGrants(tx, [fresh])
      return fresh.id
    },
    /** The link carries its token in the fragment: it reaches no server log, proxy or mail scanner. */
    link: (id: string): string => `${config.publicUrl}/vao#${tokenOf(id)}`,
    /** The code that this grant was made with: one of an earlier release has its own. */
    code(grant: Pick<store.GrantRow, 'id' | 'codeHash'>): string {
      const code = codeOf(grant.id)
      return hashOf(code) === grant.codeHash ? code : earlierCode(secrets.mac('grant-code', grant.id))
    },
  }
}

export type Grants = ReturnType<typeof createGrants>
