import { mkdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { FileStore } from '@tus/file-store'
import { EVENTS } from '@tus/server'
import { systemActor } from '../platform/actor.ts'
import type { Tx } from '../platform/database.ts'
import { formats } from '../platform/formats.ts'
import type { Platform } from '../platform/platform.ts'
import { Problem } from '../platform/problem.ts'
import { storable } from '../platform/text.ts'
import { presentSender, refuseForeignHost, senderOfPart } from './sender.ts'
import * as store from './store.ts'
import { isStoreThere } from './store-presence.ts'
import { noSuchUpload, ProblemServer, storeAway, storeFull } from './tus-server.ts'

export const ingestQueue = 'recording.ingest'

/** The facts a recorder declares of a file (tus metadata). */
interface Declared {
  sessionId: string
  fileName: string
  host: string
  sha256: string
  recordingId: string | null
  room: string | null
  startedAt: Date | null
  orderly: boolean
}

/** The recording of a file that belongs to none that is known; null: nobody's. */
type FindUnknown = (tx: Tx, file: { recordingId: string | null; room: string | null }) => Promise<string | null>

/** What is answered instead of an upload; the sender shows it and tries again later, or sets the file aside. */
const refuse = (title: string): Problem => new Problem('upload-refused', { status: 400, title })

/** As many characters as the receipt's address and a recorder's report take (contract/recordings.ts). */
const longest = { sessionId: 200, fileName: 300, host: 200, room: 200 } as const

/**
 * The receiving side of recorders' uploads (tus 1.0, resumable at any byte). Files lie in `<staging>/uploads/<upload id>`;
 * a part's row exists from the first byte on, so that its progress can be seen.
 */
export function createUploads(platform: Platform) {
  const { db, config, clock, log } = platform
  const folder = join(config.stagingFolder, 'uploads')
  const lastNoted = new Map<string, number>()
  let unknownFile: FindUnknown = async () => null
  const server = new ProblemServer(
    {
      path: '/api/uploads',
      datastore: new FileStore({ directory: folder }),
      relativeLocation: true,
      respectForwardedHeaders: false,
      postReceiveInterval: 1_000,
      disableTerminationForFinishedUploads: true,
      onIncomingRequest: refuseForeignUpload,
      async onUploadCreate(_request, upload) {
        const declared = readDeclared(upload.metadata ?? {})
        await refuseForeignHost(platform, presentSender(), declared.host)
        const size = upload.size
        if (size === undefined || !Number.isSafeInteger(size))
          throw refuse('Thiếu Upload-Length: cần khai báo dung lượng tệp.')
        await refuseWhenFull(size)
        await register(upload.id, size, declared)
        return {}
      },
      async onUploadFinish(_request, upload) {
        await finish(upload.id)
        return {}
      },
    },
    (error) => log.error({ err: error }, 'upload failed'),
  )

  server.on(EVENTS.POST_RECEIVE, (_request, upload) => {
    noteProgress(upload.id, upload.offset, upload.size ?? 0).catch((error: unknown) =>
      log.warn({ err: error }, 'upload progress not noted'),
    )
  })

  /** Whoever knows an upload's address goes on with it only when it began it. */
  async function refuseForeignUpload(_request: unknown, uploadId: string): Promise<void> {
    const part = await store.partByUpload(db, uploadId)
    if (part?.senderId && part.senderId !== presentSender().id) throw noSuchUpload()
  }

  async function refuseWhenFull(size: number): Promise<void> {
    if (!(await isStoreThere(platform))) throw storeAway()
    // The file itself and its MP4 copy must fit, and the reserve must remain.
    const disk = await statfs(config.stagingFolder)
    const free = disk.bavail * disk.bsize
    const needed = size * 2 + config.storeReserveMb * 1024 * 1024
    await db.transaction(async (tx) => {
      if (free < needed) return raiseStoreFull(platform, tx, free)
      if (await platform.alerts.clear(tx, 'store-full', 'store')) await platform.changes.announce(tx, 'alerts')
    })
    if (free < needed) throw storeFull()
  }

  async function register(uploadId: string, size: number, declared: Declared): Promise<void> {
    const sender = presentSender()
    await db.transaction(async (tx) => {
      const recordingId = (await store.recordingForFile(tx, declared)) ?? (await unknownFile(tx, declared))
      await store.insertPart(tx, {
        recordingId,
        sessionId: declared.sessionId,
        fileName: declared.fileName,
        host: declared.host,
        senderId: sender.id,
        senderName: sender.name,
        roomName: declared.room,
        uploadId,
        declaredSha256: declared.sha256,
        declaredSize: size,
        orderly: declared.orderly,
        status: 'receiving',
        startedAt: declared.startedAt,
        createdAt: new Date(clock.now()),
      })
      await platform.changes.announce(tx, 'recordings', ...(recordingId === null ? [] : [`recording:${recordingId}`]))
    })
  }

  async function noteProgress(uploadId: string, offset: number, size: number): Promise<void> {
    if (clock.now() - (lastNoted.get(uploadId) ?? 0) < 1_000) return
    lastNoted.set(uploadId, clock.now())
    const part = await store.partByUpload(db, uploadId)
    if (part === undefined || part.status !== 'receiving' || size === 0) return
    await db.transaction(async (tx) => {
      await store.notePartProgress(tx, part.id, 'receiving', Math.floor((offset / size) * 100))
      if (part.recordingId !== null) await platform.changes.announce(tx, `recording:${part.recordingId}`)
    })
  }

  /** Moves a wholly received upload on to ingest. Idempotent: tus calls it, and the reconciler where a kill came between. */
  async function finish(uploadId: string): Promise<void> {
    lastNoted.delete(uploadId)
    const now = new Date(clock.now())
    await db.transaction(async (tx) => {
      const part = await store.receivedWhole(tx, uploadId, now)
      if (part === undefined) return
      await platform.audit.write(tx, senderOfPart(part), 'recording.part-received', `recording-part:${part.id}`, {
        host: part.host,
        sessionId: part.sessionId,
        fileName: part.fileName,
        size: part.declaredSize,
      })
      await platform.jobs.enqueue(tx, ingestQueue, { partId: part.id }, { key: part.id })
      await platform.changes.announce(
        tx,
        'recordings',
        ...(part.recordingId === null ? [] : [`recording:${part.recordingId}`]),
      )
    })
  }

  /**
   * Where a kill came between the last byte and its word, moves the part on; forgets attempts that a later one made needless.
   * A sender that lost its upload's address begins anew, and the first attempt's bytes must not stay for ever.
   */
  async function reconcile(): Promise<void> {
    for (const part of await store.partsInStatus(db, ['receiving'])) {
      const size = await stat(stagedPath(part.uploadId)).then(
        (found) => found.size,
        () => null,
      )
      if (size === part.declaredSize) await finish(part.uploadId)
      else await forgetSuperseded(part, size)
    }
    for (const part of await store.partsInStatus(db, store.inIngest)) {
      await db.transaction((tx) => platform.jobs.enqueue(tx, ingestQueue, { partId: part.id }, { key: part.id }))
    }
  }

  async function forgetSuperseded(part: store.PartRow, size: number | null): Promise<void> {
    const attempts = await store.partsOfFile(db, {
      sessionId: part.sessionId,
      fileName: part.fileName,
      sha256: part.declaredSha256,
    })
    const newer = attempts.find(
      (other) => other.id !== part.id && other.createdAt > part.createdAt && other.status !== 'broken',
    )
    const abandoned = size === null && clock.now() - part.createdAt.getTime() > 60_000
    if (newer === undefined && !abandoned) return
    await db.transaction(async (tx) => {
      // Its last byte may have come just now.
      if (!(await store.deleteReceiving(tx, part.id))) return
      await removeStaged(part.uploadId)
      await platform.audit.write(tx, systemActor, 'recording.upload-forgotten', `recording-part:${part.id}`, {
        uploadId: part.uploadId,
        supersededBy: newer?.id ?? null,
      })
      if (part.recordingId !== null) await platform.changes.announce(tx, `recording:${part.recordingId}`)
    })
  }

  const stagedPath = (uploadId: string): string => join(folder, uploadId)
  async function removeStaged(uploadId: string): Promise<void> {
    await rm(stagedPath(uploadId), { force: true })
    await rm(`${stagedPath(uploadId)}.json`, { force: true })
  }

  return {
    ...{ server, finish, reconcile, stagedPath, removeStaged },
    prepare: () => mkdir(folder, { recursive: true }),
    /** Who is asked for the recording of a file that belongs to none. */
    onUnknownFile: (find: FindUnknown): void => {
      unknownFile = find
    },
  }
}

export type Uploads = ReturnType<typeof createUploads>

/** Opens the alert that names the full store. */
export async function raiseStoreFull(
  platform: Platform,
  tx: Parameters<Platform['alerts']['raise']>[0],
  freeBytes: number,
): Promise<void> {
  const freeMb = Math.floor(freeBytes / 1024 / 1024)
  await platform.alerts.raise(tx, {
    kind: 'store-full',
    subject: 'store',
    severity: 'critical',
    message: `Kho lưu trữ trung tâm sắp đầy (còn ${freeMb} MB). Các tệp ghi hình vẫn nằm an toàn ở máy ghi; giải phóng hoặc mở rộng kho, hệ thống sẽ tự nhận tiếp.`,
  })
  await platform.changes.announce(tx, 'alerts')
}

function readDeclared(given: Record<string, string | null>): Declared {
  const metadata = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, storable(text ?? '')]))
  const missing = ['sessionId', 'fileName', 'host', 'sha256'].filter((key) => !metadata[key])
  if (missing.length > 0) throw refuse(`Thiếu siêu dữ liệu của tệp: ${missing.join(', ')}.`)
  const sha256 = metadata.sha256 ?? ''
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw refuse('sha256 phải gồm 64 chữ số hex viết thường.')
  const long = Object.entries(longest).filter(([name, most]) => (metadata[name] ?? '').length > most)
  if (long.length > 0) throw refuse(`Siêu dữ liệu quá dài: ${long.map(([name]) => name).join(', ')}.`)
  const startedAt = metadata.startedAt ?? ''
  const recordingId = metadata.recordingId ?? ''
  return {
    sessionId: metadata.sessionId ?? '',
    fileName: metadata.fileName ?? '',
    host: metadata.host ?? '',
    sha256,
    recordingId: formats.uuid(recordingId) ? recordingId : null,
    room: metadata.room || null,
    startedAt: formats['date-time'](startedAt) ? new Date(startedAt) : null,
    orderly: metadata.orderly === 'true',
  }
}
