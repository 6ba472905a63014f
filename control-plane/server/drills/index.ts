import { readDrills } from '../../contract/drills.ts'
import type { Module } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import { drillCommand, stopCommand } from './command.ts'
import { createDrillDesk } from './desk.ts'
import type { PlayDeps } from './scene.ts'
import * as store from './store.ts'
import { createDrillWatch } from './watch.ts'

/** End-to-end drills against whatever Jitsi is configured (docs/decisions/drill.md). */
export function createDrills(platform: Platform, deps: PlayDeps): { module: Module } {
  const desk = createDrillDesk(platform, deps)
  const watch = createDrillWatch(platform, { ...deps, desk })
  deps.recordings.onLateFile(async (tx, file) => {
    const row = await store.drillOfFile(tx, file)
    if (row?.recordingId == null || row.roomName === null) return undefined
    return { drillId: row.id, recordingId: row.recordingId, roomName: row.roomName }
  })
  return {
    module: {
      name: 'drills',
      routes(app) {
        app.route({
          ...readDrills,
          config: { may: 'self-check.read' },
          handler: async () => ({ last: await desk.last(), nightlyAt: platform.config.drillAt || null }),
        })
      },
      commands: { drill: drillCommand(desk), 'stop-drill': stopCommand(desk) },
      reconciliations: watch.reconciliations,
      stop: watch.stop,
    },
  }
}
