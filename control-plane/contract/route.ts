import type { Static, TSchema } from 'typebox'

/** One HTTP operation: the server registers it, the browser calls it, the OpenAPI document shows it (design rule 4.1). */
export interface RouteContract {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  schema: {
    summary?: string
    tags?: string[]
    params?: TSchema
    querystring?: TSchema
    body?: TSchema
    response: Record<number, TSchema>
  }
}

/** Keeps the literal types of a route, so that handler and client are typed from it. */
export const route = <const R extends RouteContract>(contract: R): R => contract

type Part<R extends RouteContract, K extends 'params' | 'querystring' | 'body'> = R['schema'][K] extends TSchema
  ? { [key in K]: Static<R['schema'][K]> }
  : { [key in K]?: never }
/** Left out where every member of it may be. */
type Query<R extends RouteContract> = object extends Part<R, 'querystring'>['querystring']
  ? Partial<Part<R, 'querystring'>>
  : Part<R, 'querystring'>
/** What a caller gives. */
export type RouteInput<R extends RouteContract> = Part<R, 'params'> & Query<R> & Part<R, 'body'>
/** What a caller gets on success (200, 201 or 204). */
export type RouteAnswer<R extends RouteContract> = R['schema']['response'][200] extends TSchema
  ? Static<R['schema']['response'][200]>
  : R['schema']['response'][201] extends TSchema
    ? Static<R['schema']['response'][201]>
    : undefined

/** A problem document (RFC 9457) as the browser sees it. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail?: string
  faults?: { field: string; message: string }[]
  retryable?: boolean
}

/** A failed call, with the server's own words. `status` 0: the server was not reached. */
export class CallFailed extends Error {
  readonly problem: ProblemDocument
  constructor(problem: ProblemDocument) {
    super(problem.title)
    this.problem = problem
  }
}

const unreachable: ProblemDocument = {
  type: 'urn:tiepdan:problem:unreachable',
  title: 'Không kết nối được máy chủ. Vui lòng kiểm tra đường truyền rồi thử lại.',
  status: 0,
  retryable: true,
}

/** Calls a route of the contract from a browser. Throws CallFailed with the problem document. */
export async function call<R extends RouteContract>(
  contract: R,
  input: RouteInput<R>,
  options: { signal?: AbortSignal; headers?: Record<string, string> } = {},
): Promise<RouteAnswer<R>> {
  const { params, querystring, body } = input as { params?: object; querystring?: object; body?: unknown }
  const path = contract.url.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String((params as Record<string, unknown> | undefined)?.[name])),
  )
  const query = new URLSearchParams(
    Object.entries(querystring ?? {}).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, String(value)]],
    ),
  )
  const response = await fetch(query.size > 0 ? `${path}?${query}` : path, {
    method: contract.method,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch((error: unknown) => {
    if (options.signal?.aborted) throw error
    throw new CallFailed(unreachable)
  })
  if (response.status === 204) return undefined as RouteAnswer<R>
  const answer = (await response.json().catch(() => undefined)) as unknown
  if (response.ok) return answer as RouteAnswer<R>
  throw new CallFailed(
    (answer as ProblemDocument | undefined)?.title === undefined
      ? { ...unreachable, status: response.status }
      : (answer as ProblemDocument),
  )
}
