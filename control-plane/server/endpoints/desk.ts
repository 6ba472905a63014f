import type { Device, Endpoint } from '../../contract/endpoints.ts'
import { enrolmentCodeLength, readCode } from '../../contract/short-code.ts'
import type { Identity } from '../identity/index.ts'
import { type Actor, anonymousActor } from '../platform/actor.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Tx } from '../platform/database.ts'
import { createGuesses } from '../platform/guesses.ts'
import type { Platform } from '../platform/platform.ts'
import { type Draw, drawOf, type Press } from '../platform/press.ts'
import { conflict, fail, forbidden, invalid, notFound, Problem } from '../platform/problem.ts'
import { randomToken, sha256Hex } from '../platform/secrets.ts'
import { cleanName, cleanOptional, cleanPhone, cleanText } from '../platform/text.ts'
import { codeLifeMs, newEnrolmentCode, whyRefused } from './enrolment.ts'
import { arrange, type Heard, presentDevice, presentEndpoint } from './present.ts'
import * as store from './store.ts'

interface Enrolled {
  deviceId: string
  credential: string
  endpointName: string
}

const wrongPhone = {
  field: 'contactPhone',
  message: 'Số điện thoại không hợp lệ. Vui lòng nhập một số, ví dụ 0912345678 hoặc 02693824567.',
}

const sessionMs = 10 * minuteMs

const hashOf = (shown: string): string => sha256Hex(shown.replace('-', ''))

/** What people and room PCs ask of endpoints. A commune officer sees only the own endpoint; others do not exist for him. */
export function createEndpointDesk(platform: Platform, identity: Pick<Identity, 'tokens'>) {
  const { db, clock } = platform
  const guesses = createGuesses(clock, { most: 10, windowMs: minuteMs })
  const ownOnly = (actor: Actor): string | null =>
    actor.kind === 'staff' && actor.role === 'commune-officer' ? (actor.endpointId ?? 'none') : null

  const heard = async (): Promise<Heard> => ({ now: clock.now(), listening: await platform.intake.listening(db) })

  async function visible(actor: Actor, id: string): Promise<store.EndpointRow> {
    const own = ownOnly(actor)
    if (own !== null && own !== id) throw notFound('điểm cầu')
    const [row] = await store.endpointsByIds(db, [id])
    return row ?? fail(notFound('điểm cầu'))
  }

  async function list(actor: Actor, search: string): Promise<Endpoint[]> {
    const own = ownOnly(actor)
    const rows = (await store.allEndpoints(db)).filter((row) => own === null || row.id === own)
    const devices = await store.activeDevices(db)
    const now = await heard()
    return arrange(rows, search).map((row) => presentEndpoint(row, devices, actor, now))
  }

  async function refusal(tx: Tx, hashes: string[], address: string): Promise<Problem> {
    const known = await store.codeByHashes(tx, hashes)
    const refused = new Problem('enrolment-code-refused', { status: 404, title: whyRefused(known) })
    return known === undefined ? guesses.wrong(address, refused, 'xin nhập đúng mã được đọc.') : refused
  }

  return {
    list,
    async show(actor: Actor, id: string): Promise<{ endpoint: Endpoint; devices: Device[] }> {
      const row = await visible(actor, id)
      const devices = await store.devicesOf(db, id)
      const now = await heard()
      return {
        endpoint: presentEndpoint(row, devices, actor, now),
        devices: devices.map((device) => presentDevice(device, now)),
      }
    },
    async editContact(
      actor: Actor,
      id: string,
      contact: Pick<Endpoint, 'contactName' | 'contactEmail' | 'contactPhone'>,
    ): Promise<Endpoint> {
      await visible(actor, id)
      const contactPhone = cleanPhone(contact.contactPhone ?? '') || null
      if (contactPhone !== null && !/^\+?[0-9]{3,15}$/.test(contactPhone)) throw invalid([wrongPhone])
      const row = await db.transaction(async (tx) => {
        const changed = await store.updateContact(tx, id, {
          contactName: cleanName(contact.contactName ?? '') || null,
          contactEmail: cleanOptional(contact.contactEmail),
          contactPhone,
        })
        await platform.audit.write(tx, actor, 'endpoint.contact-changed', `endpoint:${id}`)
        await platform.changes.announce(tx, `endpoint:${id}`, 'endpoints')
        return changed ?? fail(notFound('điểm cầu'))
      })
      return presentEndpoint(row, await store.devicesOf(db, id), actor, await heard())
    },
    /** A code that enrols one PC once, within 15 minutes; only its hash is kept. */
    async makeCode(actor: Actor, id: string, label: string): Promise<{ code: string; expiresAt: string }> {
      if (actor.kind !== 'staff') throw forbidden()
      await visible(actor, id)
      const code = newEnrolmentCode(drawOf(platform.secrets, actor.press))
      const expiresAt = new Date(clock.now() + codeLifeMs)
      await db.transaction(async (tx) => {
        await store.insertCode(tx, {
          codeHash: hashOf(code),
          endpointId: id,
          label: cleanText(label),
          createdBy: actor.id,
          createdAt: new Date(clock.now()),
          expiresAt,
        })
        await platform.audit.write(tx, actor, 'device.code-made', `endpoint:${id}`, { label })
      })
      return { code, expiresAt: expiresAt.toISOString() }
    },
    /** The code that a press has made already, for its repetition. */
    async codeAgain(draw: Draw): Promise<{ code: string; expiresAt: string }> {
      const code = newEnrolmentCode(draw)
      const made = (await store.codeByHashes(db, [hashOf(code)])) ?? fail(notFound('mã ghi danh'))
      return { code, expiresAt: made.expiresAt.toISOString() }
    },
    async enrol(typed: string, address: string, press?: Press): Promise<Enrolled> {
      const credential = randomToken(drawOf(platform.secrets, press))
      const actor = { ...anonymousActor('kiosk'), ...(press === undefined ? {} : { press }) }
      return db.transaction(async (tx) => {
        const now = new Date(clock.now())
        const hashes = readCode(typed, enrolmentCodeLength).codes.map((code) => sha256Hex(code))
        const code = (await store.useCode(tx, hashes, now)) ?? fail(await refusal(tx, hashes, address))
        const endpoint = (await store.endpointById(tx, code.endpointId)) ?? fail(notFound('điểm cầu'))
        const device = await store.insertDevice(tx, {
          endpointId: code.endpointId,
          label: code.label,
          credentialHash: sha256Hex(credential),
          enrolledAt: now,
          enrolledBy: code.createdBy,
          lastSeenAt: now,
        })
        await store.linkCode(tx, code.codeHash, device.id)
        await platform.audit.write(tx, actor, 'device.enrolled', `device:${device.id}`, {
          endpointId: endpoint.id,
          label: device.label,
        })
        await platform.changes.announce(tx, `endpoint:${endpoint.id}`, 'endpoints')
        return { deviceId: device.id, credential, endpointName: endpoint.name }
      })
    },
    /** The enrolment that was carried out although its answer was lost: the code is used up, the PC is given its credential after all. */
    async enrolledAgain(deviceId: string, draw: Draw): Promise<Enrolled> {
      const device = (await store.deviceById(db, deviceId)) ?? fail(notFound('thiết bị'))
      const endpoint = (await store.endpointById(db, device.endpointId)) ?? fail(notFound('điểm cầu'))
      return { deviceId, credential: randomToken(draw), endpointName: endpoint.name }
    },
    async openSession(credential: string): Promise<{ token: string; expiresAt: string }> {
      const device = await store.deviceByCredential(db, sha256Hex(credential))
      if (device === undefined || device.revokedAt !== null) {
        throw new Problem('device-revoked', {
          status: 401,
          title: 'Thiết bị này chưa ghi danh hoặc đã bị thu hồi. Đề nghị Văn phòng cấp mã ghi danh mới.',
        })
      }
      const token = identity.tokens.sign({ kind: 'device', id: device.id }, sessionMs / 1000)
      return { token, expiresAt: new Date(clock.now() + sessionMs).toISOString() }
    },
    async revoke(actor: Actor, id: string, reason: string): Promise<void> {
      await db.transaction(async (tx) => {
        if ((await store.deviceById(tx, id)) === undefined) throw notFound('thiết bị')
        const device =
          (await store.revokeDevice(tx, id, new Date(clock.now()))) ??
          fail(conflict('Thiết bị này đã được thu hồi trước đó. Đề nghị tải lại trang.'))
        await platform.audit.write(tx, actor, 'device.revoked', `device:${id}`, {
          reason,
          endpointId: device.endpointId,
        })
        await platform.changes.announce(tx, `kiosk:${device.endpointId}`, `endpoint:${device.endpointId}`, 'endpoints')
      })
    },
  }
}

export type EndpointDesk = ReturnType<typeof createEndpointDesk>
