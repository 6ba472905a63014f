import { useEffect } from 'react'
import { reloadWhenThere, useNewRelease } from '../page-kit/release.ts'

/** A page that waits, perhaps for days, loads a newer build by itself; never one in which somebody types, or that would forget its link. */
export function useRenewal(isWaiting: boolean): void {
  const isNew = useNewRelease(isWaiting)
  useEffect(() => {
    if (!isNew || !isWaiting || location.hash.length < 2) return
    const stop = new AbortController()
    reloadWhenThere(stop.signal)
    return () => stop.abort()
  }, [isNew, isWaiting])
}
