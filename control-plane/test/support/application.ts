import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Application, createApplication } from '../../server/app.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { readConfig } from '../../server/platform/config.ts'
import { createPlatform } from '../../server/platform/platform.ts'
import { freshDatabase, type TestDatabase } from './databases.ts'
import { collectedLog } from './logs.ts'

export interface TestApplication extends Application {
  clock: ReturnType<typeof manualClock>
  database: TestDatabase
  folder: string
  /** All lines of its log; closing fails when one of them names somebody (support/logs.ts). */
  logged: string[]
  close(): Promise<void>
}

/** Tuesday 01/12/2026, 09:00 in Việt Nam: a plain working week. */
export const testNow = Date.parse('2026-12-01T02:00:00Z')

/**
 * The whole real application on a fresh database with a clock moved by hand; nothing ticks by itself
 * (call `reconciler.runAll()`), no port is opened (use `http.inject`).
 */
export async function testApplication(
  options: { environment?: Record<string, string>; now?: number; start?: boolean } = {},
): Promise<TestApplication> {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-'))
  const clock = manualClock(options.now ?? testNow)
  const config = readConfig({
    TIEPDAN_DATA_FOLDER: folder,
    TIEPDAN_STORE_FOLDER: join(folder, 'store'),
    TIEPDAN_MASTER_KEY: '11'.repeat(32),
    TIEPDAN_EDGE_SECRET: 'edge-secret-for-tests-0123456789abcdef',
    TIEPDAN_JITSI_URL: 'http://127.0.0.1:9',
    TIEPDAN_EDGE_URL: 'http://127.0.0.1:9',
    TIEPDAN_XMPP_DOMAIN: 'meet.jitsi',
    TIEPDAN_SMTP_URL: 'smtp://127.0.0.1:9',
    TIEPDAN_ROOM_AGENT: 'false',
    TIEPDAN_LOG_LEVEL: 'silent',
    TIEPDAN_STORE_RESERVE_MB: '0',
    ...options.environment,
  })
  const database = await freshDatabase()
  const logged = collectedLog()
  const platform = await createPlatform(config, { clock, database, log: logged.log })
  const application = await createApplication(platform, { ticking: false })
  const close = async () => {
    await application.stop()
    rmSync(folder, { recursive: true, force: true })
    logged.demandNobody()
  }
  if (options.start !== false) {
    await application.start().catch(async (error: unknown) => {
      // A database left open keeps the test's process alive for ever.
      await close()
      throw error
    })
  }
  return {
    ...application,
    clock,
    database,
    folder,
    logged: logged.lines,
    close,
  }
}
