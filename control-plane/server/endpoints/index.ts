import type { Identity } from '../identity/index.ts'
import type { Actor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { readCommunes } from './communes.ts'
import { createEndpointDesk } from './desk.ts'
import { createDrillPlaces, type DrillPlaces } from './drill-places.ts'
import { type BoardProvider, createKiosks } from './kiosks.ts'
import { type RoomPc, roomPcOf } from './room-pc.ts'
import { endpointRoutes } from './routes.ts'
import * as store from './store.ts'

export { formerNamesOf } from './communes.ts'
export type { DrillPlace, DrillPlaces } from './drill-places.ts'
export type { RoomPc } from './room-pc.ts'

type Reader = Database | Tx

export interface Endpoints {
  module: Module
  find(db: Reader, ids: string[]): Promise<store.EndpointRow[]>
  central(db: Reader): Promise<store.EndpointRow | undefined>
  /** Where the room PCs of this endpoint stand now, as told to whichever instance. */
  roomPc(db: Reader, endpointId: string): Promise<RoomPc>
  /** When a room PC of each endpoint last spoke, to whichever instance; endpoints without one are not there. */
  lastWords(db: Reader): Promise<Map<string, number>>
  /** What a room PC is called. */
  deviceLabel(db: Reader, deviceId: string): Promise<string | undefined>
  drills: DrillPlaces
  /** Adds to what the kiosk page of an endpoint is shown. */
  onBoard(provider: BoardProvider): void
}

/** Endpoints of the province, their room PCs, and the kiosk's connection (design §7). */
export function createEndpoints(platform: Platform, deps: { identity: Identity }): Endpoints {
  const { db, clock } = platform
  const desk = createEndpointDesk(platform, deps.identity)
  const kiosks = createKiosks(platform, deps.identity)

  deps.identity.registerResolver('device', async (claims): Promise<Actor | null> => {
    const device = await store.deviceById(db, claims.id)
    if (device === undefined || device.revokedAt !== null) return null
    return { kind: 'device', id: device.id, name: device.label, endpointId: device.endpointId }
  })
  deps.identity.registerEndpointFinder({
    bySlug: async (reader, slug) => (await store.endpointBySlug(reader, slug))?.id,
    byId: async (reader, id) => (await store.endpointsByIds(reader, [id]))[0]?.id,
  })

  return {
    module: {
      name: 'endpoints',
      routes(app) {
        endpointRoutes(app, desk)
        kiosks.routes(app)
      },
      reconciliations: [{ name: 'endpoints.connected', everyMs: 10_000, run: kiosks.tellSilence }],
      async start() {
        const communes = await readCommunes()
        const made = await db.transaction((tx) => store.ensureEndpoints(tx, communes, new Date(clock.now())))
        if (made > 0) platform.log.info({ endpoints: made }, 'endpoints of the province made')
        kiosks.start()
      },
      async stop() {
        kiosks.stop()
      },
    },
    find: store.endpointsByIds,
    central: store.centralEndpoint,
    roomPc: async (reader, endpointId) => roomPcOf(endpointId, await store.activeDevices(reader), clock.now()),
    lastWords: store.lastWords,
    deviceLabel: async (reader, id) => (await store.deviceById(reader, id))?.label,
    drills: createDrillPlaces(platform),
    onBoard: kiosks.onBoard,
  }
}
