import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface CaughtMail {
  to: string
  subject: string
  text: string
}

export interface MailCatcher {
  url: string
  mails: CaughtMail[]
  /** Resolves to the first mail that fits, already there or still to come. */
  waitForMail(fits: (mail: CaughtMail) => boolean, timeoutMs?: number): Promise<CaughtMail>
  stop(): Promise<void>
}

/** A real SMTP server that delivers nowhere: keeps mails in memory and as .eml files in `folder`. */
export async function startMailCatcher(options: {
  folder: string
  port: number
  refuse?: (to: string) => boolean
}): Promise<MailCatcher> {
  mkdirSync(options.folder, { recursive: true })
  const mails: CaughtMail[] = []
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo(address, _session, done) {
      if (!options.refuse?.(address.address)) return done()
      const refusal = new Error('no such mailbox') as Error & { responseCode: number }
      refusal.responseCode = 550
      done(refusal)
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const raw = Buffer.concat(chunks)
        writeFileSync(join(options.folder, `${String(mails.length + 1).padStart(4, '0')}.eml`), raw)
        simpleParser(raw).then((mail) => {
          mails.push(caught(mail))
          for (const wake of waiting) wake()
          done()
        }, done)
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  return {
    url: `smtp://127.0.0.1:${options.port}`,
    mails,
    async waitForMail(fits, timeoutMs = 15_000) {
      const signal = AbortSignal.timeout(timeoutMs)
      for (;;) {
        const found = mails.find(fits)
        if (found) return found
        await new Promise<void>((resolve, reject) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
          signal.addEventListener(
            'abort',
            () =>
              reject(
                new Error(
                  `no such mail within ${timeoutMs} ms; caught: ${mails.map((mail) => mail.subject).join(' | ')}`,
                ),
              ),
            { once: true },
          )
        })
      }
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function caught(mail: ParsedMail): CaughtMail {
  const to = Array.isArray(mail.to) ? mail.to.map((address) => address.text).join(', ') : (mail.to?.text ?? '')
  return { to, subject: mail.subject ?? '', text: mail.text ?? '' }
}
