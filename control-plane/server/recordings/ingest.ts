import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { HearingPlan } from '../hearings/index.ts'
import { systemActor } from '../platform/actor.ts'
import type { Database, Tx } from '../platform/database.ts'
import { ClaimLost } from '../platform/lease.ts'
import type { Platform } from '../platform/platform.ts'
import type { Refusal } from './container.ts'
import { endIngestFailed, tellBroken, tellIngestFailed, tellMismatch } from './ingest-alerts.ts'
import { createMediaSandbox, RanTooLong } from './media-sandbox.ts'
import { createMediaTools, hashFile, type Probe, type Source, syncToDisk } from './media-tools.ts'
import { type Claim, claimPart } from './part-claim.ts'
import { describePart, extension, type Prepared, sizeOf } from './part-file.ts'
import { chapterMetadata, chaptersOf, partFolder } from './recording.ts'
import * as store from './store.ts'
import { requireStore } from './store-presence.ts'
import { tellUnmatched } from './unmatched.ts'
import type { Uploads } from './uploads.ts'

interface Deps {
  platform: Platform
  uploads: Uploads
  hearingPlan(db: Database | Tx, hearingId: string | null): Promise<HearingPlan | undefined>
}

/** What a part's chapters follow from. */
interface ChaptersOf {
  part: store.PartRow
  plan: HearingPlan | undefined
  source: Source
}

/**
 * Brings one received file into the central store (design §9): hash → ffprobe → remux → poster → one atomic move → row `ready`.
 * May be killed at any line and run again: until the move, everything is made anew from the staged file; after it, the store's
 * own `part.json` tells what was done. A file that is not media goes into the store too, as `broken`, with its hash.
 */
export function createIngest({ platform, uploads, hearingPlan }: Deps) {
  const { db, clock, config, log } = platform
  const media = createMediaTools(createMediaSandbox(config.mediaSandbox))
  const overruns = new Map<string, number>()

  async function ingest(partId: string, signal: AbortSignal): Promise<void> {
    const claim = await claimPart(platform, partId)
    if (claim === undefined) return
    try {
      await ingestClaimed(claim, AbortSignal.any([signal, claim.signal]))
    } catch (error) {
      if (claim.signal.aborted || error instanceof ClaimLost) throw error
      // The staged file is still whole.
      if (!signal.aborted) await tellIngestFailed(platform, claim.part, error)
      throw error
    } finally {
      await claim.release()
    }
  }

  async function ingestClaimed(claim: Claim, signal: AbortSignal): Promise<void> {
    const { part } = claim
    await requireStore(platform)
    const recording = part.recordingId === null ? undefined : await store.recordingById(db, part.recordingId)
    const plan = recording === undefined ? undefined : await hearingPlan(db, recording.hearingId)
    const target = join(
      config.storeFolder,
      partFolder(part.createdAt.getUTCFullYear(), plan?.code ?? (recording?.drillId ? 'dien-tap' : null), part.id),
    )
    const staged = uploads.stagedPath(part.uploadId)
    if ((await sizeOf(staged)) === null) return adoptStored(claim, target)
    const work = join(config.stagingFolder, 'work', part.id)
    await rm(work, { recursive: true, force: true })
    await mkdir(work, { recursive: true })
    // Hashing takes one core and remuxing the other; nothing of the work is kept unless the hash is right.
    const spoilt = new AbortController()
    const stages = stagesAfterVerifying(part)
    const preparing = prepare(part, staged, work, plan, {
      tell: stages.tell,
      signal: AbortSignal.any([signal, spoilt.signal]),
    }).catch((error: unknown) => tooSlow(part, error))
    preparing.catch(() => undefined)
    const stopFirst = async (error: unknown): Promise<never> => {
      await stopped(preparing, spoilt)
      throw error
    }
    if (!(await verify(claim, staged, signal).catch(stopFirst))) {
      await stopped(preparing, spoilt)
      await rm(work, { recursive: true, force: true })
      return
    }
    await stages.begin().catch(stopFirst)
    const prepared = await preparing
    await claim.hold()
    await writeFile(join(work, 'part.json'), `${JSON.stringify(describePart(part, plan, prepared), null, 2)}\n`)
    await moveIntoStore(claim, staged, work, target)
    await finishRow(claim, target, prepared)
    await uploads.removeStaged(part.uploadId)
  }

  /** Once or twice it may be our disk that hangs. A file that makes ffmpeg wait each time must not keep all others from the store. */
  function tooSlow(part: store.PartRow, error: unknown): Prepared {
    const times = (overruns.get(part.id) ?? 0) + 1
    if (!(error instanceof RanTooLong)) throw error
    overruns.set(part.id, times)
    if (times < 3) throw error
    overruns.delete(part.id)
    return refused({ why: 'too-heavy', detail: error.message })
  }

  /** The stages of preparing are shown from the moment that the hash is right. */
  function stagesAfterVerifying(part: store.PartRow) {
    let shown = false
    let stage: [store.PartRow['status'], number] = ['probing', 0]
    return {
      async tell(status: store.PartRow['status'], percent: number): Promise<void> {
        stage = [status, percent]
        if (shown) await progress(part, status, percent)
      },
      async begin(): Promise<void> {
        shown = true
        await progress(part, ...stage)
      },
    }
  }

  async function verify(claim: Claim, staged: string, signal: AbortSignal): Promise<boolean> {
    const { part } = claim
    await progress(part, 'verifying', 0)
    const told = { percent: 0, all: Promise.resolve() }
    const { sha256, size } = await hashFile(
      staged,
      (bytes) => {
        const percent = Math.floor((bytes / Math.max(1, part.declaredSize)) * 100)
        if (percent < told.percent + 20) return
        told.percent = percent
        told.all = told.all
          .then(() => progress(part, 'verifying', percent))
          .catch((error: unknown) => log.warn({ err: error }, 'progress not noted'))
      },
      signal,
    )
    // A word of progress that came after the outcome would undo it.
    await told.all
    if (sha256 === part.declaredSha256 && size === part.declaredSize) return true
    log.error({ partId: part.id, size }, 'uploaded file differs from what its sender declared')
    await claim.hold()
    await uploads.removeStaged(part.uploadId)
    await claim.settle({ status: 'broken', fault: 'mismatch' }, async (tx) => {
      await tellMismatch(platform, tx, part)
      await platform.audit.write(tx, systemActor, 'recording.part-mismatch', `recording-part:${part.id}`, {
        declared: part.declaredSha256,
        found: sha256,
        size,
      })
      await announce(tx, part)
    })
    return false
  }

  async function prepare(
    part: store.PartRow,
    staged: string,
    work: string,
    plan: HearingPlan | undefined,
    { tell, signal }: { tell(status: store.PartRow['status'], percent: number): Promise<void>; signal: AbortSignal },
  ): Promise<Prepared> {
    await tell('probing', 0)
    const seen = await media.probe(staged, signal)
    if (seen.is === 'refused') return refused(seen)
    await tell('remuxing', 10)
    const playablePath = join(work, 'playable.mp4')
    const source = { path: staged, bytes: part.declaredSize, facts: seen.facts }
    const checked = await remuxed({ part, plan, source, work }, signal)
    if (checked.is === 'refused') {
      await rm(playablePath, { force: true })
      return refused(checked)
    }
    await tell('remuxing', 60)
    const { width, durationMs } = checked.facts
    const beside = [
      width !== null && media.poster({ path: playablePath, durationMs }, work, signal),
      hashFile(playablePath, undefined, signal),
      syncToDisk(playablePath),
    ] as const
    // When one fails, the others must have let go of the folder too before it is cleared away.
    await Promise.allSettled(beside)
    const [hasPoster, playable] = await Promise.all(beside)
    if (!hasPoster) await rm(join(work, 'poster.jpg'), { force: true })
    return { facts: { ...seen.facts, durationMs }, fault: null, playable, hasPoster }
  }

  /**
   * The film as MP4 with its chapters. A header may lack the length (a killed recorder) or promise more than there is (a cut file): the
   * chapters are written anew when the film that was made is another length, so that none lies beyond its end.
   */
  async function remuxed(
    made: { part: store.PartRow; plan: HearingPlan | undefined; source: Source; work: string },
    signal: AbortSignal,
  ): Promise<Probe> {
    const { source, work } = made
    let planned = chaptersOfPart(made, source.facts.durationMs)
    for (let again = false; ; again = true) {
      const chapterFile = join(work, 'chapters.ffmeta')
      await writeFile(chapterFile, chapterMetadata(planned.chapters, planned.durationMs))
      const failed = await media.remux(source, work, signal)
      await rm(chapterFile)
      if (failed !== undefined) return failed
      const checked = await media.probeMade(join(work, 'playable.mp4'), signal)
      if (checked.is !== 'media') return checked
      const right = chaptersOfPart(made, checked.facts.durationMs)
      if (again || isDeepStrictEqual(right.chapters, planned.chapters)) return checked
      planned = right
    }
  }

  function chaptersOfPart({ part, plan, source }: ChaptersOf, durationMs: number) {
    if (plan === undefined || plan.liveAt === null) return { chapters: [], durationMs }
    const startedAt = part.startedAt?.getTime() ?? Date.parse(source.facts.creationTime ?? '')
    const recordingStartedAt = Number.isNaN(startedAt) ? plan.liveAt : startedAt
    return { chapters: chaptersOf(plan.agenda, { liveAt: plan.liveAt, recordingStartedAt, durationMs }), durationMs }
  }

  async function moveIntoStore(claim: Claim, staged: string, work: string, target: string): Promise<void> {
    const { part } = claim
    await progress(part, 'storing', 90)
    const original = join(work, `original${extension(part.fileName)}`)
    // From here to the folder's rename the only copy lies in `work`: `adoptStored` looks there too.
    for (const name of ['poster.jpg', 'part.json']) {
      if ((await sizeOf(join(work, name))) !== null) await syncToDisk(join(work, name))
    }
    await syncToDisk(staged)
    await mkdir(dirname(target), { recursive: true })
    await claim.hold()
    await rename(staged, original)
    await syncToDisk(work)
    // Refused when something lies there already: another worker's copy, and by now the only one.
    await rename(work, target)
    await syncToDisk(dirname(target))
  }

  /** A kill came after the staged file was moved: the work folder or the store has everything, `part.json` included. */
  async function adoptStored(claim: Claim, target: string): Promise<void> {
    const { part } = claim
    const work = join(config.stagingFolder, 'work', part.id)
    if ((await sizeOf(join(target, 'part.json'))) === null) {
      if ((await sizeOf(join(work, `original${extension(part.fileName)}`))) === null)
        return claim.settle({ status: 'broken', fault: 'staged file is gone' }, (tx) => announce(tx, part))
      await claim.hold()
      await mkdir(dirname(target), { recursive: true })
      await rename(work, target)
      await syncToDisk(dirname(target))
    }
    const kept = JSON.parse(await readFile(join(target, 'part.json'), 'utf8')) as ReturnType<typeof describePart>
    const prepared = { facts: kept.media, fault: kept.fault, playable: kept.playable, hasPoster: kept.poster }
    await finishRow(claim, target, prepared)
    await uploads.removeStaged(part.uploadId)
  }

  async function finishRow(claim: Claim, target: string, prepared: Prepared): Promise<void> {
    const { part } = claim
    const below = target.slice(config.storeFolder.length).replace(/^\/+/, '')
    const facts = prepared.facts
    const outcome: Partial<store.PartRow> = {
      status: prepared.fault === null ? 'ready' : 'broken',
      fault: prepared.fault,
      progressPercent: 100,
      originalPath: `${below}/original${extension(part.fileName)}`,
      playablePath: prepared.playable === null ? null : `${below}/playable.mp4`,
      posterPath: prepared.hasPoster ? `${below}/poster.jpg` : null,
      playableSha256: prepared.playable?.sha256 ?? null,
      playableSize: prepared.playable?.size ?? null,
      // 0 stands for unknown there (media-tools.ts).
      durationMs: facts?.durationMs || null,
      startedAt: part.startedAt ?? (facts?.creationTime ? new Date(facts.creationTime) : null),
      media: facts === null ? null : { ...facts },
      storedAt: new Date(clock.now()),
      // Its hash was read just now.
      lookedAt: new Date(clock.now()),
      hashedAt: new Date(clock.now()),
    }
    await claim.settle(outcome, async (tx) => {
      if (prepared.fault !== null) await tellBroken(platform, tx, part, prepared.fault)
      await endIngestFailed(platform, tx, part)
      if (part.recordingId === null) await tellUnmatched(platform, tx)
      // Last: whoever closes an alert by hand holds its row and then wants the trail's lock.
      await platform.audit.write(
        tx,
        systemActor,
        prepared.fault === null ? 'recording.part-stored' : 'recording.part-broken',
        `recording-part:${part.id}`,
        {
          sha256: part.declaredSha256,
          size: part.declaredSize,
          playableSha256: prepared.playable?.sha256 ?? null,
          fault: prepared.fault,
        },
      )
      await announce(tx, part)
    })
  }

  async function progress(part: store.PartRow, status: store.PartRow['status'], percent: number): Promise<void> {
    await db.transaction(async (tx) => {
      await store.notePartProgress(tx, part.id, status, percent)
      await announce(tx, part)
    })
  }

  const announce = (tx: Tx, part: store.PartRow): Promise<void> =>
    platform.changes.announce(tx, 'recordings', ...(part.recordingId === null ? [] : [`recording:${part.recordingId}`]))

  return { ingest }
}

/** What the store keeps of a file that is no recording: its bytes, and why. */
const refused = ({ why, detail }: { why: Refusal; detail: string }): Prepared => ({
  facts: null,
  fault: `unreadable: ${why}${detail === '' ? '' : ` (${detail})`}`,
  playable: null,
  hasPoster: false,
})

/** Ends the work beside and waits until it let go of its files. */
async function stopped(work: Promise<unknown>, by: AbortController): Promise<void> {
  by.abort()
  await work.catch(() => undefined)
}
