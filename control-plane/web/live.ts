import { useEffect, useState } from 'react'
import { queries } from './ask.ts'

// What is read again besides the topic's own key. A recording is also asked for by its hearing, hence by no id.
const alsoRead: Record<string, (id: string) => unknown[][]> = {
  hearing: (id) => [['hearings'], ['test-calls'], ['room', id]],
  'test-call': () => [['test-calls']],
  recording: () => [['recording'], ['recordings']],
  endpoint: () => [['endpoints'], ['test-calls']],
  case: () => [['cases']],
}

function readAgain(topic: string): void {
  const [word = '', id] = topic.split(':')
  queries.invalidateQueries({ queryKey: id === undefined ? [word] : [word, id] })
  for (const queryKey of alsoRead[word]?.(id ?? '') ?? []) queries.invalidateQueries({ queryKey })
}

/** One WebSocket for the whole page: what changed is read again. True while it is up. */
export function useLive(): boolean {
  const [up, setUp] = useState(true)
  useEffect(() => {
    const life = { over: false, attempt: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined }
    let socket: WebSocket | undefined
    const open = (): void => {
      socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/changes`)
      socket.onopen = () => {
        // What changed while the line was down was not told.
        if (life.attempt > 0) queries.invalidateQueries()
        life.attempt = 0
        setUp(true)
      }
      socket.onmessage = (event) => readAgain((JSON.parse(String(event.data)) as { topic: string }).topic)
      socket.onclose = () => {
        if (life.over) return
        setUp(false)
        // A session that ended closes the line as well: asking who is signed in tells the two apart.
        if (life.attempt === 0) queries.invalidateQueries({ queryKey: ['me'] })
        life.timer = setTimeout(open, Math.min(15_000, 500 * 2 ** life.attempt++))
      }
    }
    open()
    return () => {
      life.over = true
      clearTimeout(life.timer)
      socket?.close()
    }
  }, [])
  return up
}
