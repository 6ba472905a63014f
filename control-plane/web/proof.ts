import { CallFailed } from '../contract/route.ts'

/** What a person is asked before an act that lets somebody in; `end(true)`: he proved who he is. */
export interface Asked {
  secondFactor: boolean
  end(proven: boolean): void
}

let asked: Asked | null = null
const watchers = new Set<() => void>()

function show(next: Asked | null): void {
  asked = next
  for (const watcher of watchers) watcher()
}

/** For the dialog (step-up.tsx): what is asked now. */
export const proofAsked = {
  now: (): Asked | null => asked,
  watch(watcher: () => void): () => void {
    watchers.add(watcher)
    return () => void watchers.delete(watcher)
  },
}

let asking: Promise<boolean> | null = null

/** Two acts at once ask once. */
function ask(secondFactor: boolean): Promise<boolean> {
  asking ??= new Promise<boolean>((done) => {
    show({
      secondFactor,
      end(proven) {
        asking = null
        show(null)
        done(proven)
      },
    })
  })
  return asking
}

/** Does it; when the server first wants the password again, asks for it and does it once more. Put off by the person: the server's own refusal. */
export async function withProof<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof CallFailed) || error.problem.type !== 'urn:tiepdan:problem:step-up-needed') throw error
    const { secondFactor } = error.problem as { secondFactor?: unknown }
    if (!(await ask(secondFactor === true))) throw error
    return act()
  }
}
