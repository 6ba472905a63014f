import type { Platform } from '../platform/platform.ts'
import { isWhole, type Received } from '../room-agent/index.ts'
import { drillSettings } from './drill.ts'
import { DrillFault, type Figure } from './minutes.ts'
import { type Pc, type PlayDeps, pause, type Scene, secondsText, until } from './scene.ts'

const lookMs = 4_000

/** The steps in the room: entering, seeing and hearing, strangers, one who is put out. */
export function createRoomSteps(platform: Platform, deps: PlayDeps) {
  const { db } = platform
  const inside = (scene: Scene): Promise<string[]> => deps.rooms.drills.inside(scene.room)

  async function enterOne(scene: Scene, pc: Pc): Promise<Figure> {
    pc.page = await deps.roomAgent.openRoomPc({ ...pc, signal: scene.signal })
    const begunAt = performance.now()
    await pc.page.enter()
    const seen = await until(drillSettings.enterMs, scene.signal, async () =>
      (await inside(scene)).includes(pc.grantId) ? performance.now() - begunAt : undefined,
    )
    if (seen === undefined)
      throw new DrillFault(
        `${pc.name} không vào được phòng trong ${drillSettings.enterMs / 1000} giây; trang đang hiện: ${await pc.page.shows()}. Xem nhật ký của Prosody, Jicofo và trang /kiosk.`,
      )
    return { name: pc.name, value: secondsText(seen) }
  }

  /** All enter, one after the other: several browsers that start at once would measure this machine. */
  async function enter(scene: Scene): Promise<Figure[]> {
    const figures: Figure[] = []
    for (const pc of scene.pcs) figures.push(await enterOne(scene, pc))
    return figures
  }

  async function media(scene: Scene): Promise<Figure[]> {
    const end = performance.now() + drillSettings.mediaMs
    for (;;) {
      scene.signal.throwIfAborted()
      const received = await Promise.all(scene.pcs.map(async (pc) => ({ pc, of: await receivedBy(scene, pc) })))
      const figures = received.map(({ pc, of }) => mediaFigure(pc, of))
      if (received.every(({ of }) => of.every(isWhole))) return figures
      if (performance.now() <= end) continue
      const faults = received.flatMap(({ pc, of }) =>
        of.filter((one) => !isWhole(one)).map((one) => lackWords(scene, pc, one)),
      )
      throw new DrillFault(
        `${faults.join('; ')}. Kiểm tra cầu nối (UDP 10000), TURN và tường lửa; xem nhật ký của Videobridge.`,
        figures,
      )
    }
  }

  const receivedBy = async (scene: Scene, pc: Pc): Promise<Received[]> =>
    (await pc.page?.receives(
      scene.pcs.filter((other) => other !== pc).map(({ place }) => place),
      lookMs,
    )) ?? []

  async function strangers(scene: Scene): Promise<Figure[]> {
    const tried = await deps.rooms.drills.tryDoors(scene.room, scene.signal)
    const isOut = (is: string): boolean => is === 'kept-out'
    const figures = [...new Set(tried.strangers.map(({ door }) => door))].map((door) => {
      const there = tried.strangers.filter((one) => one.door === door)
      return { name: door, value: `${there.filter(({ is }) => isOut(is)).length}/${there.length} bị từ chối` }
    })
    const faults = [
      ...tried.strangers
        .filter(({ is }) => !isOut(is))
        .map(({ door, who, is, detail }) =>
          is === 'let-in'
            ? `${door} CHO VÀO người ${who} (${detail})`
            : `${door} không trả lời người ${who} (${detail})`,
        ),
      ...tried.right
        .filter(({ is }) => is !== 'let-in')
        .map(({ door, detail }) => `${door} từ chối cả thẻ đúng: ${detail}`),
    ]
    if (faults.length > 0)
      throw new DrillFault(
        `${faults.slice(0, 8).join('; ')}. Chạy lại site.yml --tags nginx,jitsi rồi diễn tập lại; còn cho vào thì không mở buổi tiếp nào.`,
        figures,
      )
    return figures
  }

  /** The last one is put out as an officer does it, and stays out, with its token that still holds. */
  async function revoked(scene: Scene): Promise<Figure[]> {
    const pc = scene.pcs.at(-1)
    if (pc === undefined) throw new DrillFault('Không có máy nào để thu hồi.')
    if (!(await inside(scene)).includes(pc.grantId))
      throw new DrillFault(`${pc.name} đã rời phòng trước khi bị thu hồi. Xem nhật ký của Prosody.`)
    const begunAt = performance.now()
    await db.transaction((tx) => deps.rooms.drills.revoke(tx, scene.room, pc.grantId, 'Thu hồi để diễn tập'))
    const out = await until(drillSettings.revokedMs, scene.signal, async () =>
      (await inside(scene)).includes(pc.grantId) ? undefined : performance.now() - begunAt,
    )
    if (out === undefined)
      throw new DrillFault(
        `${pc.name} vẫn ở trong phòng ${drillSettings.revokedMs / 1000} giây sau khi bị thu hồi. Kiểm tra mô-đun của hệ thống trong Prosody (journalctl -u prosody).`,
      )
    const figures = [{ name: 'Rời phòng sau', value: secondsText(out) }]
    const tried = await deps.rooms.drills.tryGrant(scene.room, pc.grantId)
    await pause(drillSettings.stayOutMs, scene.signal)
    const isBack = (await inside(scene)).includes(pc.grantId)
    if (tried.is !== 'kept-out' || isBack)
      throw new DrillFault(
        `${pc.name} vào lại được phòng bằng thẻ cũ (${tried.detail || tried.is}). Kiểm tra mô-đun của hệ thống trong Prosody.`,
        figures,
      )
    return [...figures, { name: 'Vào lại bằng thẻ cũ', value: `bị từ chối (${tried.detail})` }]
  }

  return { enter, media, strangers, revoked }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

function mediaFigure(pc: Pc, of: Received[]): Figure {
  const seen = of.filter(({ picture }) => picture?.moves === true)
  const heard = of.filter((one) => isWhole({ ...one, picture: { moves: true, width: 0, height: 0, rate: 0 } }))
  const pictures = seen.map(
    ({ picture }) => `${picture?.width}×${picture?.height} ${Math.round(picture?.rate ?? 0)} hình/giây`,
  )
  const sounds = of.map((one) => percent(one.heard)).join(', ')
  return {
    name: pc.name,
    value: `thấy ${seen.length}/${of.length} (${pictures.join(', ') || 'không có hình'}), nghe ${heard.length}/${of.length} (${sounds})`,
  }
}

function lackWords(scene: Scene, pc: Pc, { place, picture, heard }: Received): string {
  const other = scene.pcs.find((one) => one.place === place)?.name ?? ''
  const lacks = [
    ...(picture === null ? ['không thấy hình'] : picture.moves ? [] : ['thấy hình đứng yên']),
    ...(isWhole({ place, heard, picture: { moves: true, width: 0, height: 0, rate: 0 } }) ? [] : ['không nghe tiếng']),
  ]
  return `${pc.name} ${lacks.join(' và ')} của ${other}`
}
