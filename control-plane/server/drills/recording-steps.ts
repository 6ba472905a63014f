import type { Platform } from '../platform/platform.ts'
import type { DrillRecording, DrillRecordings } from '../recordings/index.ts'
import { drillSettings } from './drill.ts'
import { DrillFault, type Figure } from './minutes.ts'
import { pause, type Scene, secondsText, until } from './scene.ts'
import * as store from './store.ts'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB`

/** The steps of the recording: asked for by the conductor as a hearing's, sent home by the recorder host, verified in the store. */
export function createRecordingSteps(platform: Platform, recordings: DrillRecordings) {
  const { db } = platform
  const look = (scene: Scene): Promise<DrillRecording | undefined> => recordings.look(db, scene.drillId)

  async function recorder(scene: Scene): Promise<Figure[]> {
    const begunAt = performance.now()
    await db.transaction(async (tx) => {
      const recordingId = await recordings.expect(tx, { drillId: scene.drillId, roomName: scene.room.name })
      await store.change(tx, scene.drillId, 'running', { recordingId })
    })
    const on = await until(drillSettings.recorderMs, scene.signal, async () =>
      (await look(scene))?.state === 'on' ? performance.now() - begunAt : undefined,
    )
    if (on === undefined) {
      const cause = (await look(scene))?.lastFault ?? 'Không có máy ghi nào trả lời.'
      throw new DrillFault(
        `Máy ghi không bắt đầu ghi trong ${drillSettings.recorderMs / 1000} giây. ${cause} Trên máy ghi: journalctl -u jibri -u tiepdan-recorder.`,
      )
    }
    return [{ name: 'Bắt đầu ghi sau', value: secondsText(on) }]
  }

  async function recording(scene: Scene): Promise<Figure[]> {
    const end = performance.now() + drillSettings.recordMs
    while (performance.now() < end) {
      const seen = await look(scene)
      if (seen !== undefined && seen.faults > 0)
        throw new DrillFault(`Máy ghi dừng giữa chừng. ${seen.lastFault ?? ''} Trên máy ghi: journalctl -u jibri.`)
      await pause(500, scene.signal)
    }
    const begunAt = performance.now()
    await db.transaction((tx) => recordings.end(tx, scene.drillId))
    const off = await until(drillSettings.recordEndMs, scene.signal, async () =>
      (await look(scene))?.state === 'off' ? performance.now() - begunAt : undefined,
    )
    if (off === undefined)
      throw new DrillFault(
        'Máy ghi không dừng khi được yêu cầu. Trên máy ghi: journalctl -u jibri -u tiepdan-recorder.',
      )
    return [
      { name: 'Đã ghi', value: secondsText(drillSettings.recordMs) },
      { name: 'Dừng sau', value: secondsText(off) },
    ]
  }

  async function stored(scene: Scene): Promise<Figure[]> {
    const begunAt = performance.now()
    const arrived = await until(drillSettings.storedMs, scene.signal, async () => {
      const parts = (await look(scene))?.parts ?? []
      const isThere = parts.length > 0 && parts.every(({ status }) => status === 'ready' || status === 'broken')
      return isThere ? { parts, ms: performance.now() - begunAt } : undefined
    })
    if (arrived === undefined) {
      const [part] = (await look(scene))?.parts ?? []
      throw new DrillFault(
        part === undefined
          ? `Tệp chưa về kho sau ${drillSettings.storedMs / 1000} giây. Trên máy ghi: journalctl -u tiepdan-recorder; kiểm tra đường tới hệ thống điều hành.`
          : `Tệp ${part.fileName} đang ở bước "${part.status}" sau ${drillSettings.storedMs / 1000} giây. Xem: journalctl -u tiepdan-control-plane.`,
      )
    }
    const figures = [
      { name: 'Về kho sau', value: secondsText(arrived.ms) },
      ...arrived.parts.map((part) => ({
        name: part.fileName,
        value: `${megabytes(part.bytes)}, ${part.durationMs === null ? 'không rõ thời lượng' : secondsText(part.durationMs)}, SHA-256 ${part.sha256.slice(0, 16)}…, từ ${part.host}`,
      })),
    ]
    const broken = arrived.parts.find(({ status }) => status === 'broken')
    if (broken !== undefined) throw new DrillFault(`Tệp ${broken.fileName} bị từ chối. ${broken.fault ?? ''}`, figures)
    return figures
  }

  async function content(scene: Scene): Promise<Figure[]> {
    const measured = await until(drillSettings.contentMs, scene.signal, async () => {
      const parts = (await look(scene))?.parts ?? []
      return parts.length > 0 && parts.every((part) => part.content !== null) ? parts : undefined
    })
    if (measured === undefined)
      throw new DrillFault('Chưa đo được hình và tiếng của bản ghi. Xem: journalctl -u tiepdan-control-plane (ffmpeg).')
    const lacks = measured.flatMap((part) => part.lacks)
    if (lacks.length > 0)
      throw new DrillFault(
        `Bản ghi thiếu: ${lacks.join('; ')}. Kiểm tra âm thanh (jibri-pulse) và màn hình ảo của máy ghi.`,
      )
    return measured.map(({ fileName }) => ({ name: fileName, value: 'có hình và có tiếng' }))
  }

  return { recorder, recording, stored, content }
}
