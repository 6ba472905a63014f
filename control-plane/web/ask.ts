import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { newPress, pressHeader } from '../contract/press.ts'
import {
  CallFailed,
  call,
  type ProblemDocument,
  type RouteAnswer,
  type RouteContract,
  type RouteInput,
} from '../contract/route.ts'
import { attendance } from './attended.ts'
import { withProof } from './proof.ts'

const problemType = (name: string): string => `urn:tiepdan:problem:${name}`

/** A session that ended is noticed at whatever was asked first: the sign-in then opens above the screen, which keeps what was typed. */
function noticeEndOfSession(error: unknown, key?: readonly unknown[]): void {
  if (key?.[0] === 'me' || problemOf(error).type !== problemType('not-signed-in')) return
  queries.invalidateQueries({ queryKey: ['me'] })
}

/** What the server said, kept until a topic says that it changed. */
export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => noticeEndOfSession(error, query.queryKey) }),
  mutationCache: new MutationCache({ onError: (error) => noticeEndOfSession(error) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A refusal stays one; what may succeed later is tried again.
      retry: (count, error) => count < 2 && error instanceof CallFailed && error.problem.retryable === true,
    },
  },
})

export type Asked<T> = UseQueryResult<T, Error>

/**
 * Asks a route; the key's first word is a topic of `/api/changes` (`hearing`, `endpoints`, …), the second the id.
 * `keep`: shows the last answer while another question of the same list is on its way.
 */
export function useAsk<R extends RouteContract>(
  key: readonly unknown[],
  contract: R,
  input: RouteInput<R>,
  options: { enabled?: boolean; keep?: boolean } = {},
): Asked<RouteAnswer<R>> {
  return useQuery({
    queryKey: [...key, input],
    queryFn: ({ signal }) => call(contract, input, { signal, headers: attendance() }),
    enabled: options.enabled ?? true,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  }) as Asked<RouteAnswer<R>>
}

/** The problem of a failed call in words. */
export const problemOf = (error: unknown): ProblemDocument & Record<string, unknown> =>
  error instanceof CallFailed
    ? (error.problem as ProblemDocument & Record<string, unknown>)
    : { type: problemType('page'), title: 'Trang gặp lỗi. Vui lòng tải lại trang.', status: 0 }

/** Faults by field, without the part of the request they stand in; the first one of a field stays. */
export function faultsOf(error: unknown): Record<string, string> {
  const faults: Record<string, string> = {}
  if (error == null) return faults
  for (const { field, message } of problemOf(error).faults ?? []) {
    faults[field.replace(/^(body|params|querystring)\./, '')] ??= message
  }
  return faults
}

/** Something that a person does, and how far it is. */
export interface Doing<R extends RouteContract> {
  data: RouteAnswer<R> | undefined
  error: Error | null
  /** From the press on, before anything was sent: the button is locked at once. */
  isPending: boolean
  isError: boolean
  isSuccess: boolean
  reset(): void
  mutate(input: RouteInput<R>): void
  mutateAsync(input: RouteInput<R>): Promise<RouteAnswer<R>>
}

interface DoOptions<R extends RouteContract> {
  onDone?(answer: RouteAnswer<R>): void
  onRefused?(error: Error): void
  /** The form's own press, for what may be changed between two tries: the server then says that the first one was carried out. */
  press?: string
}

/**
 * Does something through a route, once the person proved who he is where that is asked; afterwards the named keys are read again.
 * One press, one thing: while it is under way a second press joins it, and one whose answer was lost is sent again as the same press.
 */
export function useDo<R extends RouteContract>(
  contract: R,
  again: readonly string[],
  options: DoOptions<R> = {},
): Doing<R> {
  const client = useQueryClient()
  const [locked, setLocked] = useState(false)
  const pressed = useRef<{ told: string; press: string; underWay: Promise<RouteAnswer<R>> | null }>(null)
  const { mutateAsync: send, ...state } = useMutation<RouteAnswer<R>, Error, { input: RouteInput<R>; press: string }>({
    mutationFn: ({ input, press }) => withProof(() => call(contract, input, { headers: pressHeader(press) })),
    onSuccess: (answer) => {
      pressed.current = null
      for (const word of again) client.invalidateQueries({ queryKey: [word] })
      options.onDone?.(answer)
    },
    onError: (error) => options.onRefused?.(error),
  })
  function mutateAsync(input: RouteInput<R>): Promise<RouteAnswer<R>> {
    const told = JSON.stringify(input)
    const before = pressed.current?.told === told ? pressed.current : null
    // The library tells of a call only after a turn of the event loop: a double click is faster.
    if (before?.underWay) return before.underWay
    const mine = {
      told,
      press: options.press ?? before?.press ?? newPress(),
      underWay: null as Promise<RouteAnswer<R>> | null,
    }
    pressed.current = mine
    setLocked(true)
    mine.underWay = send({ input, press: mine.press }).finally(() => {
      mine.underWay = null
      setLocked(false)
    })
    return mine.underWay
  }
  return {
    data: state.data,
    error: state.error,
    isPending: state.isPending || locked,
    isError: state.isError,
    isSuccess: state.isSuccess,
    reset: state.reset,
    // A refusal stands in `error`.
    mutate: (input) => void mutateAsync(input).catch(() => undefined),
    mutateAsync,
  }
}
