import type { Platform } from '../platform/platform.ts'
import { type SealedColumn, sealClearRows, sealedColumn } from '../platform/sealed-rows.ts'
import type { Secrets } from '../platform/secrets.ts'
import { agendaItems, hearingParticipants } from './tables.ts'

/** What tells who takes part, readable. */
interface Person {
  name: string
  jobTitle: string | null
  organisation: string | null
  email: string | null
}

/** The columns of a hearing that name people: citizens who take part stand in them beside officers. */
export function peopleColumns(secrets: Secrets) {
  const of = (column: string): SealedColumn => sealedColumn(secrets, `hearings.participant.${column}`)
  const [name, jobTitle, organisation, email] = [of('name'), of('jobTitle'), of('organisation'), of('email')]
  const speaker = sealedColumn(secrets, 'hearings.agenda.speaker')
  return {
    name,
    jobTitle,
    organisation,
    email,
    speaker,
    sealPerson: <T extends Person>(person: T): T => ({
      ...person,
      name: name.seal(person.name),
      jobTitle: jobTitle.sealOptional(person.jobTitle),
      organisation: organisation.sealOptional(person.organisation),
      email: email.sealOptional(person.email),
    }),
    openPerson: <T extends Person>(row: T): T => ({
      ...row,
      name: name.open(row.name),
      jobTitle: jobTitle.openOptional(row.jobTitle),
      organisation: organisation.openOptional(row.organisation),
      email: email.openOptional(row.email),
    }),
  }
}

export type PeopleColumns = ReturnType<typeof peopleColumns>

/** Seals the people of hearings that an earlier release wrote; answers how many values that were. */
export async function sealClearPeople({ db }: Platform, columns: PeopleColumns): Promise<number> {
  const { name, jobTitle, organisation, email, speaker } = columns
  const { id } = hearingParticipants
  const people = { table: hearingParticipants, id }
  return (
    (await sealClearRows(db, { ...people, column: hearingParticipants.name, sealed: name })) +
    (await sealClearRows(db, { ...people, column: hearingParticipants.jobTitle, sealed: jobTitle })) +
    (await sealClearRows(db, { ...people, column: hearingParticipants.organisation, sealed: organisation })) +
    (await sealClearRows(db, { ...people, column: hearingParticipants.email, sealed: email })) +
    (await sealClearRows(db, { table: agendaItems, id: agendaItems.id, column: agendaItems.speaker, sealed: speaker }))
  )
}
