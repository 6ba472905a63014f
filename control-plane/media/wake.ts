/** How long a page may go without a tick before it counts as having slept. */
const sleptMs = 5_000

/**
 * Time passed since now, milliseconds. A machine that sleeps stops the steady clock of its pages, and a wall clock may be set back: whichever ran
 * further is believed. Set forward, it errs by being early, and whoever waits asks the server.
 */
export function startTiming(): () => number {
  const [steady, wall] = [performance.now(), Date.now()]
  return () => Math.max(performance.now() - steady, Date.now() - wall)
}

/**
 * Calls each second, and at once when the page is back: shown again, taken out of the browser's memory, the machine awake, the network there.
 * `woke`: what was known before may be old.
 */
export function everySecond(tick: (woke: boolean) => void): () => void {
  let since = startTiming()
  const run = (back: boolean): void => {
    const slept = since() > sleptMs
    since = startTiming()
    tick(back || slept)
  }
  const onTimer = (): void => run(false)
  const onBack = (): void => {
    if (document.visibilityState === 'visible') run(true)
  }
  const timer = setInterval(onTimer, 1_000)
  document.addEventListener('visibilitychange', onBack)
  for (const name of ['pageshow', 'online', 'focus']) window.addEventListener(name, onBack)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', onBack)
    for (const name of ['pageshow', 'online', 'focus']) window.removeEventListener(name, onBack)
  }
}
