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

/** Does something through a route, once the person proved who he is where that is asked; afterwards the named keys are read again. */
export function useDo<R extends RouteContract>(
  contract: R,
  again: readonly string[],
  options: { onDone?(answer: RouteAnswer<R>): void } = {},
) {
  const client = useQueryClient()
  return useMutation<RouteAnswer<R>, Error, RouteInput<R>>({
    mutationFn: (input) => withProof(() => call(contract, input)),
    onSuccess: (answer) => {
      for (const word of again) client.invalidateQueries({ queryKey: [word] })
      options.onDone?.(answer)
    },
  })
}
