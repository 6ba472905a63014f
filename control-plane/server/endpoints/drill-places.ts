import { eq, inArray, isNotNull } from 'drizzle-orm'
import type { Database, Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { randomToken, sha256Hex } from '../platform/secrets.ts'
import * as store from './store.ts'
import { devices, endpoints } from './tables.ts'

type Reader = Database | Tx

/** A room PC that a drill made, and the credential that its page is given; only its hash is kept. */
export interface DrillPlace {
  endpointId: string
  name: string
  credential: string
}

/** What the drills ask of endpoints: enrolled room PCs for some minutes, that stand in no list. */
export interface DrillPlaces {
  make(tx: Tx, drillId: string, count: number): Promise<DrillPlace[]>
  /** Removes them with everything that they left; nothing when there are none. */
  remove(tx: Tx, drillId: string): Promise<void>
  /** Drills whose room PCs are there still. */
  left(db: Reader): Promise<{ drillId: string }[]>
}

export function createDrillPlaces({ clock }: Pick<Platform, 'clock'>): DrillPlaces {
  return {
    async make(tx, drillId, count) {
      const places: DrillPlace[] = []
      for (let index = 1; index <= count; index++) {
        const now = new Date(clock.now())
        const name = `Diễn tập ${index}`
        const endpoint = await store.insertEndpoint(tx, {
          ...{ kind: 'delegate', name, shortName: name, slug: `dien-tap-${drillId}-${index}` },
          ...{ active: false, drillId, createdAt: now },
        })
        const credential = randomToken()
        await store.insertDevice(tx, {
          ...{ endpointId: endpoint.id, label: 'Máy giả lập', credentialHash: sha256Hex(credential) },
          ...{ enrolledAt: now, enrolledBy: drillId, lastSeenAt: now },
        })
        places.push({ endpointId: endpoint.id, name, credential })
      }
      return places
    },
    async remove(tx, drillId) {
      const ids = tx.select({ id: endpoints.id }).from(endpoints).where(eq(endpoints.drillId, drillId))
      await tx.delete(devices).where(inArray(devices.endpointId, ids))
      await tx.delete(endpoints).where(eq(endpoints.drillId, drillId))
    },
    left: async (db) =>
      (
        await db.selectDistinct({ drillId: endpoints.drillId }).from(endpoints).where(isNotNull(endpoints.drillId))
      ).flatMap(({ drillId }) => (drillId === null ? [] : [{ drillId }])),
  }
}
