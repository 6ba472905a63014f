import { useEffect, useRef, useState } from 'react'
import type { Board } from '../contract/kiosk.ts'
import { call } from '../contract/route.ts'
import { kioskTestMeasurement, kioskTestProgress, type TestOrder } from '../contract/test-calls.ts'
import { runTestCall, type TestStep } from '../media/test-call.ts'
import type { Link } from './link.ts'
import { recallDevices } from './memory.ts'

export type TestState = { at: 'none' } | { at: 'running'; step: TestStep }

/** Takes part in the test calls that the board orders, one at a time, each attempt once. */
export function useTestCall({ board, link, free }: { board: Board; link: Link; free: boolean }): TestState {
  const [state, setState] = useState<TestState>({ at: 'none' })
  const done = useRef(new Set<string>())
  const running = useRef<{ key: string; stop: AbortController }>(undefined)
  const idle = state.at === 'none'
  const order = board.tests.find((test) => !done.current.has(keyOf(test)))

  useEffect(() => {
    // An attempt that the server has given up must not keep the next one waiting.
    const { current } = running
    if (current !== undefined && !board.tests.some((test) => keyOf(test) === current.key)) current.stop.abort()
    // Idle again: an order that came while another ran is begun when that one is over.
    if (order === undefined || !free || !idle || current !== undefined) return
    const stop = new AbortController()
    running.current = { key: keyOf(order), stop }
    done.current.add(keyOf(order))
    setState({ at: 'running', step: 'loading' })
    takePart(order, link, stop.signal, (step) => setState({ at: 'running', step }))
      // The server judges what it did not hear of; the page goes on.
      .catch((error: unknown) => console.warn('test call', error))
      .finally(() => {
        running.current = undefined
        setState({ at: 'none' })
      })
  }, [board.tests, order, free, link, idle])

  return state
}

const keyOf = (order: TestOrder): string => `${order.testCallId}/${order.attempt}`

async function takePart(
  order: TestOrder,
  link: Link,
  stop: AbortSignal,
  onStep: (step: TestStep) => void,
): Promise<void> {
  const params = { id: order.testCallId }
  const leftMs = Date.parse(order.deadline) - link.now()
  if (leftMs < 5_000) return
  await call(
    kioskTestProgress,
    { params, body: { attempt: order.attempt, step: 'joining' } },
    { headers: await link.authorization() },
  )
  const measurement = await runTestCall({
    side: 'kiosk',
    call: order.call,
    room: order.room,
    token: order.token,
    displayName: 'Điểm cầu',
    send: recallDevices(),
    patterns: order.patterns,
    signal: AbortSignal.any([stop, AbortSignal.timeout(leftMs)]),
    playAloud: true,
    clockOffsetMs: link.clockOffsetMs(),
    onProgress: onStep,
  })
  if (stop.aborted) return
  await call(
    kioskTestMeasurement,
    { params, body: { attempt: order.attempt, measurement } },
    { headers: await link.authorization() },
  )
}
