import { type Drill, drillStepLine, drillVerdictLine } from '../../contract/drills.ts'
import type { CommandHandler } from '../platform/commands.ts'
import type { DrillDesk } from './desk.ts'

const lookMs = 300
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * `drill [by=NAME] [json=true]`: asks for a drill and tells of each step as it ends; well only when all have passed. With `json` one line, at the
 * end. Whoever hangs up ends the drill.
 */
export const drillCommand =
  (desk: DrillDesk): CommandHandler =>
  async ({ by = '', json = 'false' }, say, gone) => {
    const isJson = json === 'true'
    const asked = await desk.ask({ requestedBy: by.slice(0, 100) || 'máy chủ', byTimer: false })
    if (asked.is === 'refused') {
      if (isJson) say(JSON.stringify({ verdict: 'refused', refusals: asked.refusals }))
      else say(['Chưa diễn tập được:', ...asked.refusals.map((why) => `- ${why}`)].join('\n'))
      return false
    }
    if (!isJson) say('Bắt đầu diễn tập. Bấm Ctrl-C để dừng và dọn sạch.')
    const drill = await follow(desk, asked.id, { say: isJson ? () => undefined : say, gone })
    say(isJson ? JSON.stringify(drill) : drillVerdictLine(drill))
    return drill.verdict === 'passed'
  }

/** Tells each step once it is over; resolves once the drill is. */
async function follow(
  desk: DrillDesk,
  id: string,
  { say, gone }: { say(line: string): void; gone: AbortSignal | undefined },
): Promise<Drill> {
  const told = new Set<string>()
  for (;;) {
    if (gone?.aborted === true) await desk.stop('Người diễn tập đã ngắt lệnh.')
    const drill = await desk.show(id)
    if (drill === undefined) throw new Error('the drill is gone')
    for (const step of drill.steps) {
      if (step.is === 'running' || told.has(step.key)) continue
      told.add(step.key)
      say(drillStepLine(step))
    }
    if (drill.state === 'ended') return drill
    await pause(lookMs)
  }
}

/** `stop-drill`: ends the drill that is on; it is cleared away and then tells so. */
export const stopCommand =
  (desk: DrillDesk): CommandHandler =>
  async (_given, say) => {
    const id = await desk.stop('Người diễn tập đã dừng.')
    say(id === undefined ? 'Không có cuộc diễn tập nào đang chạy.' : 'Đang dừng và dọn sạch…')
    return true
  }
