import { useEffect } from 'react'
import { unattendedHeader } from '../contract/identity.ts'

/** A screen reads again by itself whenever something changes: without a hand on it for this long, that is no use of the session. */
const attendedMs = 60_000

let lastInputAt = performance.now()
let watchers = 0
const note = (): void => {
  lastInputAt = performance.now()
}
for (const event of ['pointerdown', 'keydown', 'wheel', 'touchstart'])
  addEventListener(event, note, { capture: true, passive: true })

/** Headers that tell the server whether somebody sits at this screen. */
export function attendance(): Record<string, string> {
  const watched = watchers > 0 && document.visibilityState === 'visible'
  return watched || performance.now() - lastInputAt < attendedMs ? {} : { [unattendedHeader]: '1' }
}

/** While `isWatched`, looking at the screen is using it: a live hearing's alarms must not vanish behind a sign-in. */
export function useWatched(isWatched: boolean): void {
  useEffect(() => {
    if (!isWatched) return
    watchers++
    return () => {
      watchers--
    }
  }, [isWatched])
}
