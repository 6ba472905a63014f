import { join } from 'node:path'
import type { RecordedContent } from '../../contract/recording-content.ts'
import type { HearingPlan } from '../hearings/index.ts'
import type { Database, Tx } from '../platform/database.ts'
import { ClaimLost } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import { type ContentFault, contentFaults } from './content.ts'
import * as due from './content-store.ts'
import { createContentTools } from './content-tools.ts'
import { contentMessage } from './content-words.ts'
import { noPictureKind, noSoundKind } from './live-content.ts'
import { createMediaSandbox, RanTooLong } from './media-sandbox.ts'
import { claimMs, keepClaim } from './part-claim.ts'
import type { PartRow } from './store.ts'
import * as store from './store.ts'
import { isStoreThere } from './store-presence.ts'
import { concernsPeople } from './whose.ts'

export const measureQueue = 'recording.measure'
const measuresAtOnce = 20
/** A film that takes ffmpeg too long so many times is not measured: others wait behind it. */
const overrunsAtMost = 2

/** Measures what each stored part lets hear and shows, once, and tells people of one that lacks it. Also of films from before this was done. */
export function createContentWatch(
  platform: Platform,
  hearingPlan: (db: Database | Tx, hearingId: string | null) => Promise<HearingPlan | undefined>,
) {
  const { db, clock, config, log } = platform
  const tools = createContentTools(createMediaSandbox(config.mediaSandbox))
  const overruns = new Map<string, number>()
  const now = () => new Date(clock.now())

  /** One turn of the rounds: a job for each part that is due. */
  async function watch(): Promise<void> {
    if (!(await isStoreThere(platform))) return
    const parts = await due.dueForMeasure(db, new Date(clock.now() - claimMs), measuresAtOnce)
    if (parts.length === 0) return
    await db.transaction((tx) =>
      platform.jobs.enqueueMany(
        tx,
        measureQueue,
        parts.map(({ id }) => ({ data: { partId: id }, key: id })),
      ),
    )
  }

  /** Measures a due part; may run twice, and a kill loses one film's measuring. */
  async function measure(partId: string, signal: AbortSignal): Promise<void> {
    const since = now()
    const part = await due.claimMeasure(db, partId, since, new Date(since.getTime() - claimMs))
    if (part === undefined) return
    const claim = keepClaim(platform, part.id, 'measureClaimedAt', since)
    try {
      const content = await contentOf(part, AbortSignal.any([signal, claim.signal]))
      await claim.stop()
      await db.transaction(async (tx) => {
        const outcome = { content, measuredAt: now(), measureClaimedAt: null }
        if (!(await claim.update(tx, outcome))) throw new ClaimLost()
        await tell(tx, part, content)
      })
    } finally {
      await claim.release()
    }
  }

  async function contentOf(part: PartRow, signal: AbortSignal): Promise<RecordedContent> {
    const film = {
      path: join(config.storeFolder, part.playablePath ?? ''),
      durationMs: part.durationMs ?? 0,
      hasSound: part.media?.audioCodec !== null,
      hasPicture: part.media?.videoCodec !== null,
    }
    try {
      return await tools.measure(film, signal)
    } catch (error) {
      const times = (overruns.get(part.id) ?? 0) + 1
      overruns.set(part.id, times)
      if (!(error instanceof RanTooLong) || times < overrunsAtMost) throw error
      overruns.delete(part.id)
      log.error({ err: error, partId: part.id }, 'film not measured')
      return { sound: 'unmeasured', picture: 'unmeasured', bands: [] }
    }
  }

  async function tell(tx: Tx, part: PartRow, content: RecordedContent): Promise<void> {
    const faults = (await concernsPeople(tx, part.recordingId)) ? contentFaults(content, part.durationMs ?? 0) : []
    const code = await hearingCode(tx, part)
    for (const fault of faults) await raise(tx, part, fault, code)
    await platform.changes.announce(
      tx,
      ...['recordings', ...(part.recordingId === null ? [] : [`recording:${part.recordingId}`])],
      ...(faults.length > 0 ? ['alerts'] : []),
    )
  }

  async function raise(tx: Tx, part: PartRow, fault: ContentFault, code: string | null): Promise<void> {
    const subject = `recording-part:${part.id}`
    await platform.alerts.raise(tx, {
      kind: fault.about === 'sound' ? noSoundKind : noPictureKind,
      subject,
      severity: fault.severity,
      message: contentMessage(fault, { code, fileName: part.fileName, durationMs: part.durationMs ?? 0 }),
    })
  }

  async function hearingCode(tx: Tx, part: PartRow): Promise<string | null> {
    const recording = part.recordingId === null ? undefined : await store.recordingById(tx, part.recordingId)
    return recording === undefined ? null : ((await hearingPlan(tx, recording.hearingId))?.code ?? null)
  }

  return { watch, measure }
}
