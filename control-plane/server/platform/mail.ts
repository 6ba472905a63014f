import { and, asc, count, eq, inArray, lte, or } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import type { Clock } from './clock.ts'
import { hourMs, minuteMs, secondMs } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { wordsOf } from './plain-error.ts'
import { sealedColumn } from './sealed-rows.ts'
import type { Secrets } from './secrets.ts'
import { outboxMails } from './tables.ts'

export interface MailMessage {
  /** Names this mail: a second one with the same key is not made. */
  key: string
  to: string
  /** Names nobody: it stands in the alert when the mail is refused. */
  subject: string
  text: string
  /** Goes to somebody who takes part in a hearing: encrypted in the outbox (design rule 8). */
  personal?: boolean
}

export interface Mail {
  /** Puts the mail into the outbox, in the transaction of what it tells of. */
  enqueue(tx: Tx, message: MailMessage): Promise<void>
  /** Takes back mails by their keys, as far as they have not gone out. */
  withdraw(tx: Tx, keys: string[]): Promise<void>
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
  secrets: Secrets
  smtpUrl: string
  from: string
  /** Tells people of a mail that was refused for good, in the transaction that notes it. */
  onRefused(tx: Tx, mail: { id: string; subject: string }): Promise<void>
}

export function createMail(options: Options): Mail {
  const { db, clock } = options
  const letter = letterColumns(options.secrets)
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

  async function deliver(row: MailRow): Promise<Delivery> {
    const { recipient, subject, body } = letter.open(row)
    try {
      // The Message-ID is the row's id: a mail sent twice around a crash is one to the reader's mail program.
      await transport.sendMail({
        to: recipient,
        subject,
        text: body,
        messageId: `<${row.id}@tiepdan>`,
      })
      return { is: 'sent' }
    } catch (error) {
      const why = wordsOf(error)
      return { is: isRefusal(error) ? 'refused' : 'deferred', why }
    }
  }

  /** One whose claim ran out is another sender's to tell of. */
  async function note(row: MailRow, outcome: Delivery): Promise<void> {
    await db.transaction(async (tx) => {
      const mine = await tx
        .update(outboxMails)
        .set(afterDelivery(outcome, row.attempts, clock))
        .where(
          and(eq(outboxMails.id, row.id), eq(outboxMails.status, 'sending'), eq(outboxMails.attempts, row.attempts)),
        )
        .returning({ id: outboxMails.id })
      if (mine.length > 0 && outcome.is === 'refused') await options.onRefused(tx, letter.open(row))
    })
  }

  return {
    async enqueue(tx, message) {
      const now = new Date(clock.now())
      await tx
        .insert(outboxMails)
        .values({
          dedupeKey: message.key,
          ...letter.columns(message),
          nextAttemptAt: now,
          createdAt: now,
        })
        .onConflictDoNothing({ target: outboxMails.dedupeKey })
    },
    async withdraw(tx, keys) {
      if (keys.length === 0) return
      // One that is being sent may have arrived already: it is followed by a later word, never by silence.
      const waiting = and(inArray(outboxMails.dedupeKey, keys), eq(outboxMails.status, 'pending'))
      await tx.update(outboxMails).set({ status: 'withdrawn' }).where(waiting)
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

type MailRow = typeof outboxMails.$inferSelect

/** The columns of a mail as the outbox keeps them. */
function letterColumns(secrets: Secrets) {
  const of = (column: string) => sealedColumn(secrets, `outbox.${column}`)
  const [recipient, subject, body] = [of('recipient'), of('subject'), of('body')]
  return {
    columns({ to, subject: about, text, personal = false }: MailMessage) {
      if (!personal) return { recipient: to, subject: about, body: text, sealed: false }
      return { recipient: recipient.seal(to), subject: subject.seal(about), body: body.seal(text), sealed: true }
    },
    open: (row: MailRow): MailRow =>
      row.sealed
        ? {
            ...row,
            recipient: recipient.open(row.recipient),
            subject: subject.open(row.subject),
            body: body.open(row.body),
          }
        : row,
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
