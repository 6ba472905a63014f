import { type ComponentType, lazy } from 'react'

/** A part of the page could not be fetched, however patiently: the line is away, or a release took the part away. */
export class PartNotLoaded extends Error {}

type Load<P> = () => Promise<{ default: ComponentType<P> }>

const pausesMs = [300, 1_500, 4_000]

/** Fetches a part, again after a while when it fails. Throws PartNotLoaded. */
export async function loadPatiently<P>(load: Load<P>): Promise<{ default: ComponentType<P> }> {
  for (const pauseMs of pausesMs) {
    try {
      return await load()
    } catch {
      // What failed is not known to a page: a lost line, a server that restarts and a file that is gone look alike.
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }
  return load().catch((cause: unknown) => {
    throw new PartNotLoaded('a part of the page was not loaded', { cause })
  })
}

const waiting: (() => Promise<unknown>)[] = []

/** A component that is fetched when first shown; `anew()` makes another one, for React keeps the failure of a lazy one for ever. */
export function lazily<P>(load: Load<P>): { now: ComponentType<P>; anew(): void } {
  const make = (): ComponentType<P> => lazy(() => loadPatiently(load)) as unknown as ComponentType<P>
  waiting.push(load)
  const part = {
    now: make(),
    anew: (): void => {
      part.now = make()
    },
  }
  return part
}

/** Fetches every part that was not shown yet, one after the other: a release or a lost line then finds the page whole. */
export async function fetchRest(): Promise<void> {
  for (let load = waiting.shift(); load !== undefined; load = waiting.shift()) {
    // One that fails now is fetched when it is wanted.
    await load().catch(() => undefined)
  }
}
