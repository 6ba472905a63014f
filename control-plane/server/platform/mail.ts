import { and, asc, count, eq, lte, or } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import type { Clock } from './clock.ts'
import { hourMs, minuteMs, secondMs } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { wordsOf } from './plain-error.ts'
import { outboxMails } from './tables.ts'

export interface MailMessage {
  /** Names this mail: a second one with the same key is not made. */
  key: string
  to: string
  subject: string
  text: string
}

export interface Mail {
  /** Puts the mail into the outbox, in the transaction of what it tells of. */
  enqueue(tx: Tx, message: MailMessage): Promise<void>
  /** Sends what is due. Resolves to how it went, for the alert that says the mail server is down. */
  deliverDue(): Promise<DeliveryTally>
  close(): void
}

export interface DeliveryTally {
  sent: number
  /** Put off: the server was not reached or asked to come later. */
  failed: number
  /** Refused for good by the server; these stay in the outbox for a person to look at. */
  refused: number
  waiting: number
  lastError: string | null
}

type Delivery = { is: 'sent' } | { is: 'refused'; why: string } | { is: 'deferred'; why: string }

/** Waits before the next try: 5 s, doubling, at most an hour; for ever, since a reminder that nobody misses is a lost feature. */
export const retryDelayMs = (attempts: number): number =>
  Math.min(hourMs, 5 * secondMs * 2 ** Math.min(attempts - 1, 12))

interface Options {
  db: Database
  clock: Clock
  smtpUrl: string
  from: string
  /** Tells people of a mail that was refused for good, in the transaction that notes it. */
  onRefused(tx: Tx, mail: { id: string; subject: string }): Promise<void>
}

export function createMail(options: Options): Mail {
  const { db, clock } = options
  const transport = createTransport(
    { url: options.smtpUrl, connectionTimeout: 15_000, greetingTimeout: 15_000, socketTimeout: 30_000 },
    { from: options.from },
  )
  // A claimed mail whose sender died is taken again after this long; longer than the slowest SMTP time-out below.
  const claimMs = 2 * minuteMs

  async function claim() {
    const now = new Date(clock.now())
    const [due] = await db
      .select({ id: outboxMails.id, attempts: outboxMails.attempts })
      .from(outboxMails)
      .where(
        and(
          or(eq(outboxMails.status, 'pending'), eq(outboxMails.status, 'sending')),
          lte(outboxMails.nextAttemptAt, now),
        ),
      )
      .orderBy(asc(outboxMails.nextAttemptAt))
      .limit(1)
    if (!due) return undefined
    const [mine] = await db
      .update(outboxMails)
      .set({ status: 'sending', attempts: due.attempts + 1, nextAttemptAt: new Date(clock.now() + claimMs) })
      .where(and(eq(outboxMails.id, due.id), eq(outboxMails.attempts, due.attempts)))
      .returning()
    return mine ?? 'taken'
  }

  async function deliver(row: typeof outboxMails.$inferSelect): Promise<Delivery> {
    try {
      // The Message-ID is the row's id: a mail sent twice around a crash is one to the reader's mail program.
      await transport.sendMail({
        to: row.recipient,
        subject: row.subject,
        text: row.body,
        messageId: `<${row.id}@tiepdan>`,
      })
      return { is: 'sent' }
    } catch (error) {
      const why = wordsOf(error)
      return { is: isRefusal(error) ? 'refused' : 'deferred', why }
    }
  }

  /** One whose claim ran out is another sender's to tell of. */
  async function note(row: typeof outboxMails.$inferSelect, outcome: Delivery): Promise<void> {
    await db.transaction(async (tx) => {
      const mine = await tx
        .update(outboxMails)
        .set(afterDelivery(outcome, row.attempts, clock))
        .where(
          and(eq(outboxMails.id, row.id), eq(outboxMails.status, 'sending'), eq(outboxMails.attempts, row.attempts)),
        )
        .returning({ id: outboxMails.id })
      if (mine.length > 0 && outcome.is === 'refused') await options.onRefused(tx, row)
    })
  }

  return {
    async enqueue(tx, message) {
      const now = new Date(clock.now())
      await tx
        .insert(outboxMails)
        .values({
          dedupeKey: message.key,
          recipient: message.to,
          subject: message.subject,
          body: message.text,
          nextAttemptAt: now,
          createdAt: now,
        })
        .onConflictDoNothing({ target: outboxMails.dedupeKey })
    },
    async deliverDue() {
      const tally: Omit<DeliveryTally, 'waiting'> = { sent: 0, failed: 0, refused: 0, lastError: null }
      for (let turn = 0; turn < 50; turn++) {
        const row = await claim()
        if (row === undefined) break
        if (row === 'taken') continue
        const outcome = await deliver(row)
        await note(row, outcome)
        if (outcome.is === 'sent') tally.sent++
        if (outcome.is === 'refused') tally.refused++
        if (outcome.is === 'deferred') {
          tally.failed++
          tally.lastError = outcome.why
          break
        }
      }
      const [waiting] = await db
        .select({ n: count() })
        .from(outboxMails)
        .where(or(eq(outboxMails.status, 'pending'), eq(outboxMails.status, 'sending')))
      return { ...tally, waiting: waiting?.n ?? 0 }
    },
    close: () => transport.close(),
  }
}

// Only a 5xx to the recipient or to the text is about this mail. A 5xx to the sign-in or to the sender's address is a wrong setting:
// giving up then would lose every mail of the night.
function isRefusal(error: unknown): boolean {
  const { responseCode = 0, command = '' } = error as { responseCode?: number; command?: string }
  return responseCode >= 500 && responseCode < 600 && (command === 'RCPT TO' || command === 'DATA')
}

function afterDelivery(outcome: Delivery, attempts: number, clock: Clock) {
  const now = clock.now()
  switch (outcome.is) {
    case 'sent':
      return { status: 'sent' as const, sentAt: new Date(now), lastError: null }
    case 'refused':
      return { status: 'refused' as const, lastError: outcome.why }
    case 'deferred':
      return {
        status: 'pending' as const,
        lastError: outcome.why,
        nextAttemptAt: new Date(now + retryDelayMs(attempts)),
      }
  }
}
