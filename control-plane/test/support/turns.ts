/**
 * The most of this thread's own CPU time (milliseconds) that one turn of the event loop took while `work` ran: for so long nobody else was served.
 * CPU and not wall time, so that a busy machine changes nothing; what runs in other threads and processes does not count.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let longest = 0
  let last = spent()
  let isOver = false
  const turn = (): void => {
    const now = spent()
    longest = Math.max(longest, now - last)
    last = now
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isOver = true
  // One more look: what ended `work` was a turn too.
  await new Promise(setImmediate)
  return Math.max(longest, spent() - last)
}
