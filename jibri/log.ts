const levels = { info: 30, warn: 40, error: 50 } as const

/** One JSON line per event in pino's form, like the control plane's; never a secret, a token or a person's name. */
export function log(level: keyof typeof levels, message: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ level: levels[level], time: Date.now(), pid: process.pid, name: 'tiepdan-jibri', ...fields, msg: message })}\n`,
  )
}

/** A failure in words, with the system's code behind a bare "fetch failed". */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = codeOf(error.cause) ?? codeOf(error)
  // tus repeats the whole answer of the receiver.
  const words = error.message.replace(/, response text: [\s\S]*?(?=, request id: |$)/, '')
  return code === undefined || words.includes(code) ? words : `${words} (${code})`
}

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code
