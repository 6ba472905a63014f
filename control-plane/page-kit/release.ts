import { useEffect, useState } from 'react'

/** The files that a page's document names: their names carry their content's hash, so another build names others. */
const filesOf = (page: Document): string[] =>
  [...page.querySelectorAll('script[src], link[href]')]
    .map((element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '')
    .filter((file) => file.startsWith('/assets/'))

/** Of the build that runs. Read at once: later the page adds links of its own. */
const ours = new Set(typeof document === 'undefined' ? [] : filesOf(document))

/** Whether the server hands out another build of this page than the one that runs. False also while it cannot be asked. */
export async function isOutdated(): Promise<boolean> {
  const answer = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
  if (!answer?.ok) return false
  const text = await answer.text().catch(() => '')
  const files = filesOf(new DOMParser().parseFromString(text, 'text/html'))
  return files.some((file) => !ours.has(file))
}

/** Loads the page anew once the server answers: a reload on a dead line ends in the browser's own error page, which nothing leaves. */
export async function reloadWhenThere(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await fetch(location.pathname, { cache: 'no-store', signal }).catch(() => undefined)
    if (answer?.ok) return location.reload()
    await new Promise((done) => setTimeout(done, 5_000))
  }
}

const lookEveryMs = 5 * 60_000

/** True from when a newer build is there. Looked for when the line to the server comes up again (a release restarts it) and now and then. */
export function useNewRelease(lineUp: boolean): boolean {
  const [isNew, setIsNew] = useState(false)
  useEffect(() => {
    if (isNew || !lineUp) return
    let over = false
    const look = (): void => {
      isOutdated().then((found) => {
        if (found && !over) setIsNew(true)
      })
    }
    look()
    const timer = setInterval(look, lookEveryMs)
    return () => {
      over = true
      clearInterval(timer)
    }
  }, [isNew, lineUp])
  return isNew
}
