import type { HearingMoved, HearingPlan, Hearings } from '../hearings/index.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import type { PersonalLink, Rooms } from '../rooms/index.ts'
import { invitation, type Letter, withdrawal } from './invitation.ts'

type Person = HearingPlan['participants'][number]

/**
 * Mails to those who take part and have an address: invited when the plan is approved, written to again when a link is made anew, told when the
 * hearing is put off or cancelled. Each is a row of the outbox in the transaction of what it tells of. Must be wired after rooms: the links are
 * made by the same move.
 */
export function createInvitations(platform: Platform, deps: { hearings: Hearings; rooms: Rooms }): void {
  const { mail, config } = platform
  const office = { mail: config.officeMail, phone: config.officePhone }

  async function send(tx: Tx, person: Person, key: string, letter: Letter): Promise<void> {
    if (person.email === null) return
    await mail.enqueue(tx, { key, to: person.email, ...letter, personal: true })
  }

  // A grant or a room is made once for each approval, so a letter has one name however often its move is told.
  const keyOf = (person: Person, roomId: string, link: PersonalLink | undefined): string =>
    link === undefined ? `invitation:${roomId}:${person.id}` : `invitation:${link.grantId}`

  async function invite(tx: Tx, hearing: HearingPlan, people: Person[], renewed: boolean): Promise<void> {
    const room = await deps.rooms.roomOf(tx, hearing.id)
    const links = await deps.rooms.linksOf(tx, hearing.id)
    for (const person of people) {
      const link = links.get(person.id)
      const { publicUrl } = config
      const letter = invitation(hearing, person, { link, publicUrl, office, renewed })
      await send(tx, person, keyOf(person, room?.id ?? hearing.id, link), letter)
    }
  }

  async function withdraw(
    tx: Tx,
    { hearing, to }: { hearing: HearingPlan; to: 'postponed' | 'cancelled' },
  ): Promise<void> {
    const room = await deps.rooms.roomOf(tx, hearing.id)
    const grantIds = await deps.rooms.grantIdsOf(tx, hearing.id)
    // What has not gone out yet would send people to a room that is not held.
    await mail.withdraw(tx, [
      ...grantIds.map((id) => `invitation:${id}`),
      ...hearing.participants.map(({ id }) => `invitation:${room?.id ?? hearing.id}:${id}`),
    ])
    for (const person of hearing.participants) {
      const letter = withdrawal(hearing, person, { to, office })
      await send(tx, person, `invitation-${to}:${hearing.version}:${person.id}`, letter)
    }
  }

  async function follow(tx: Tx, { hearing, to }: HearingMoved): Promise<void> {
    if (to === 'approved') await invite(tx, hearing, hearing.participants, false)
    // A plan that was never approved was told to nobody.
    if ((to === 'postponed' || to === 'cancelled') && hearing.decisionNumber !== null)
      await withdraw(tx, { hearing, to })
  }

  deps.hearings.onMove(follow)
  deps.rooms.onRenewed(async (tx, { hearingId, participantId, replaces }) => {
    await mail.withdraw(tx, [`invitation:${replaces}`])
    const hearing = await deps.hearings.plan(tx, hearingId)
    const person = hearing?.participants.find(({ id }) => id === participantId)
    if (hearing !== undefined && person !== undefined) await invite(tx, hearing, [person], true)
  })
}
