import { minuteMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { drillSettings } from './drill.ts'
import { createMinutes } from './minutes.ts'
import { createRecordingSteps } from './recording-steps.ts'
import type { PlayDeps, Scene } from './scene.ts'
import { createRoomSteps } from './steps.ts'
import * as store from './store.ts'

/** Plays a drill that this process has taken up, step by step; clearing away comes after it, whatever became of it (clear.ts). */
export function createPlayer(platform: Platform, deps: PlayDeps) {
  const { db, clock, config } = platform
  const room = createRoomSteps(platform, deps)
  const film = createRecordingSteps(platform, deps.recordings)

  /** Room, grants and room PCs come into being in one transaction, with the row that leads back to them. */
  const prepare = (drillId: string, signal: AbortSignal): Promise<Scene> =>
    db.transaction(async (tx) => {
      // Without a bridge two see each other and no third.
      const places = await deps.endpoints.drills.make(tx, drillId, config.jitsiPeerToPeer ? 2 : 3)
      const now = clock.now()
      const made = await deps.rooms.drills.open(tx, {
        ...{ drillId, places, opensAt: now - minuteMs, closesAt: now + drillSettings.longestMs },
      })
      await store.change(tx, drillId, 'running', { roomName: made.name })
      const pcs = places.map((place, index) => ({
        ...place,
        ...{ place: index, grantId: made.grants.get(place.endpointId) ?? '', page: undefined },
      }))
      return { drillId, room: made, pcs, signal }
    })

  return {
    /** @throws when `signal` ended it. */
    async play(row: store.DrillRow, signal: AbortSignal): Promise<void> {
      const minutes = createMinutes(platform, row)
      const scene = await prepare(row.id, signal)
      try {
        await minutes.step('enter', signal, () => room.enter(scene))
        await minutes.step('media', signal, () => room.media(scene))
        await minutes.step('strangers', signal, () => room.strangers(scene))
        await minutes.step('recorder', signal, () => film.recorder(scene))
        await minutes.step('recording', signal, () => film.recording(scene))
        await minutes.step('stored', signal, () => film.stored(scene))
        await minutes.step('content', signal, () => film.content(scene))
        await minutes.step('revoked', signal, () => room.revoked(scene))
      } finally {
        await Promise.all(scene.pcs.map((pc) => pc.page?.close()))
      }
    },
  }
}
