/**
 * Work that may be asked for at any rate and is done at a bounded one: one at a time, with a rest after each, and whatever was asked meanwhile
 * is done once, last. A failure is told to `onError`.
 */
export function latestOnly(
  run: () => Promise<void>,
  options: { restMs: number; onError(error: unknown): void },
): { ask(): void; end(): void } {
  let isBusy = false
  let again = false
  let over = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function begin(): void {
    isBusy = true
    again = false
    run().catch(options.onError).finally(rest)
  }

  function rest(): void {
    if (over) return
    timer = setTimeout(() => {
      isBusy = false
      if (again) begin()
    }, options.restMs)
    timer.unref()
  }

  return {
    ask() {
      if (over) return
      if (isBusy) again = true
      else begin()
    },
    end() {
      over = true
      clearTimeout(timer)
    },
  }
}
