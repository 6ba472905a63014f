/** One field of a form, for comparing two people's versions of it. */
export interface Part<T> {
  name: string
  label: string
  /** As people read it. */
  text(of: T): string
  /** This field from one into the other. */
  take(from: T, into: T): T
}

export type Side = 'mine' | 'theirs'

/**
 * Which side stands for each field that differs: what only one of them changed is his, what both changed is for the person to say (undefined).
 * Pure.
 */
export function sidesOf<T>(parts: Part<T>[], { base, mine, theirs }: Record<'base' | Side, T>) {
  return parts
    .filter((part) => part.text(mine) !== part.text(theirs))
    .map((part) => {
      const [was, my, their] = [part.text(base), part.text(mine), part.text(theirs)]
      const side: Side | undefined = my === was ? 'theirs' : their === was ? 'mine' : undefined
      return { part, my, their, side }
    })
}
