import type { AuditAction } from '../../contract/audit-words.ts'
import type { CaseAnswer, EditedCase, NewCase } from '../../contract/cases.ts'
import type { Actor } from '../platform/actor.ts'
import { asDate } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, forbidden, invalid, notFound, Problem } from '../platform/problem.ts'
import { cleanOptional } from '../platform/text.ts'
import { lockTwins, twinMade, twinsSince } from '../platform/twins.ts'
import {
  actorMay,
  allowedActions,
  type Citizen,
  caseFaults,
  changedFields,
  isTwin,
  type Matter,
  maskCitizen,
  mayDecide,
  refusalFaults,
  tidyCase,
} from './case.ts'
import {
  type CaseQuery,
  type CaseRow,
  caseById,
  casesSince,
  insertCase,
  matterColumns,
  openCitizen,
  sealCitizen,
  selectCases,
  updateCase,
} from './store.ts'

/** Everything staff do with cases; each change is one transaction with its audit row. */
export function createCaseDesk(platform: Platform) {
  const { db, secrets, clock, audit, changes } = platform

  function present(actor: Actor, row: CaseRow): CaseAnswer {
    const masked = !actorMay(actor, 'case.read-citizen')
    const citizen = openCitizen(secrets, row)
    return {
      id: row.id,
      code: row.code,
      title: row.title,
      summary: row.summary,
      kind: row.kind,
      criterion: row.criterion,
      criterionReason: row.criterionReason,
      citizen: { masked, ...(masked ? maskCitizen(citizen) : citizen) },
      consent: row.consent,
      consentReason: row.consentReason,
      consentByName: row.consentByName,
      consentAt: row.consentAt?.toISOString() ?? null,
      version: row.version,
      createdByName: row.createdByName,
      createdAt: row.createdAt.toISOString(),
      may: allowedActions(actor, row.consent),
    }
  }

  async function readForChange(tx: Tx, id: string, version: number): Promise<CaseRow> {
    const row = (await caseById(tx, id)) ?? fail(notFound('vụ việc'))
    return row.version === version ? row : fail(await audit.staleVersion(tx, `case:${id}`))
  }

  async function demandNoTwin(tx: Tx, wanted: { matter: Matter; citizen: Citizen }): Promise<void> {
    await lockTwins(tx, 'case')
    const now = clock.now()
    const twin = (await casesSince(tx, twinsSince(now))).find((row) =>
      isTwin(wanted, { matter: row, citizen: openCitizen(secrets, row) }),
    )
    if (!twin) return
    const { id, code, createdAt } = twin
    throw twinMade('vụ việc', { subject: `case:${id}`, code, at: createdAt.getTime() }, now)
  }

  async function finish(tx: Tx, actor: Actor, action: AuditAction, row: CaseRow, detail: Record<string, unknown>) {
    await audit.write(tx, actor, action, `case:${row.id}`, { code: row.code, ...detail })
    await changes.announce(tx, `case:${row.id}`, 'cases')
  }

  return {
    async list(actor: Actor, query: CaseQuery) {
      const { rows, total } = await selectCases(db, query)
      const items = rows.map((row) => ({
        id: row.id,
        code: row.code,
        title: row.title,
        kind: row.kind,
        criterion: row.criterion,
        consent: row.consent,
        version: row.version,
        createdAt: row.createdAt.toISOString(),
        may: allowedActions(actor, row.consent),
      }))
      return { items, total, mayCreate: actorMay(actor, 'case.write') }
    },

    async get(actor: Actor, id: string): Promise<CaseAnswer> {
      return present(actor, (await caseById(db, id)) ?? fail(notFound('vụ việc')))
    },

    /** @throws Problem 409 `twin-made` when the same was entered minutes ago, unless the person has said that it is another one. */
    async create(actor: Actor, input: NewCase, asked: { despiteTwin?: boolean } = {}): Promise<CaseAnswer> {
      if (actor.kind !== 'staff') return fail(forbidden())
      const tidied = tidyCase(input)
      const faults = caseFaults(tidied)
      if (faults.length > 0) throw invalid(faults)
      return db.transaction(async (tx) => {
        if (asked.despiteTwin !== true) await demandNoTwin(tx, tidied)
        const who = { createdBy: actor.id, createdByName: actor.name, createdAt: asDate(clock.now()) }
        const row = await insertCase(tx, secrets, { ...tidied, ...who })
        await finish(tx, actor, 'case.created', row, { criterion: row.criterion })
        return present(actor, row)
      })
    },

    async edit(actor: Actor, id: string, input: EditedCase): Promise<CaseAnswer> {
      const tidied = tidyCase(input)
      const faults = caseFaults(tidied)
      if (faults.length > 0) throw invalid(faults)
      return db.transaction(async (tx) => {
        const read = await readForChange(tx, id, input.version)
        const { title, summary, kind, criterion, criterionReason } = read
        const changed = changedFields({ title, summary, kind, criterion, criterionReason }, tidied.matter)
        if (changed.length > 0 && read.consent === 'consented') throw caseDecided()
        const askedAgain = read.consent === 'refused' && changed.length > 0
        const changedCitizen = changedFields(openCitizen(secrets, read), tidied.citizen)
        const row =
          (await updateCase(tx, read, {
            ...matterColumns(read.code, tidied.matter),
            ...sealCitizen(secrets, tidied.citizen),
            ...(askedAgain ? { consent: 'asked' as const, ...noDecision } : {}),
          })) ?? fail(conflict())
        // Names of fields only: the trail must not hold citizens' data.
        const detail = { changed: [...changed, ...changedCitizen.map((field) => `citizen.${field}`)] }
        await finish(tx, actor, 'case.edited', row, { ...detail, askedAgain })
        return present(actor, row)
      })
    },

    /** Điều 4.2: the chairman's word, once. Of two at the same time one wins, the other gets 409. */
    async decide(
      actor: Actor,
      id: string,
      decision: { version: number; consent: 'consented' | 'refused'; reason: string | null | undefined },
    ): Promise<CaseAnswer> {
      if (actor.kind !== 'staff') return fail(forbidden())
      const reason = cleanOptional(decision.reason)
      const faults = decision.consent === 'refused' ? refusalFaults(reason) : []
      if (faults.length > 0) throw invalid(faults)
      return db.transaction(async (tx) => {
        const read = (await caseById(tx, id)) ?? fail(notFound('vụ việc'))
        if (!mayDecide(read.consent)) throw caseDecided()
        if (read.version !== decision.version) throw await audit.staleVersion(tx, `case:${id}`)
        const row =
          (await updateCase(tx, read, {
            consent: decision.consent,
            consentReason: reason,
            consentBy: actor.id,
            consentByName: actor.name,
            consentAt: asDate(clock.now()),
          })) ?? fail(caseDecided())
        await finish(tx, actor, `case.${decision.consent}`, row, { criterion: row.criterion, reason })
        return present(actor, row)
      })
    },
  }
}

export type CaseDesk = ReturnType<typeof createCaseDesk>

const noDecision = { consentReason: null, consentBy: null, consentByName: null, consentAt: null }

const caseDecided = (): Problem =>
  new Problem('case-decided', {
    status: 409,
    title:
      'Chủ tịch đã cho ý kiến về vụ việc này nên nội dung không thể thay đổi. Đề nghị tải lại trang để xem ý kiến; nếu cần, lập vụ việc mới.',
  })
