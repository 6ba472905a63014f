import type { Device, Endpoint } from '../../contract/endpoints.ts'
import type { Identity } from '../identity/index.ts'
import { type Actor, anonymousActor } from '../platform/actor.ts'
import { minuteMs } from '../platform/clock.ts'
import type { Platform } from '../platform/platform.ts'
import { conflict, fail, forbidden, notFound, Problem } from '../platform/problem.ts'
import { randomToken, sha256Hex } from '../platform/secrets.ts'
import { cleanOptional, cleanText } from '../platform/text.ts'
import { codeLifeMs, newEnrolmentCode, plainCode } from './enrolment.ts'
import { arrange, type Heard, presentDevice, presentEndpoint } from './present.ts'
import * as store from './store.ts'

const sessionMs = 10 * minuteMs

/** What people and room PCs ask of endpoints. A commune officer sees only the own endpoint; others do not exist for him. */
export function createEndpointDesk(platform: Platform, identity: Pick<Identity, 'tokens'>) {
  const { db, clock } = platform
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
      const row = await db.transaction(async (tx) => {
        const changed = await store.updateContact(tx, id, {
          contactName: cleanOptional(contact.contactName),
          contactEmail: cleanOptional(contact.contactEmail),
          contactPhone: cleanOptional(contact.contactPhone),
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
      const code = newEnrolmentCode()
      const expiresAt = new Date(clock.now() + codeLifeMs)
      await db.transaction(async (tx) => {
        await store.insertCode(tx, {
          codeHash: sha256Hex(plainCode(code)),
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
    async enrol(typed: string): Promise<{ deviceId: string; credential: string; endpointName: string }> {
      const credential = randomToken()
      return db.transaction(async (tx) => {
        const now = new Date(clock.now())
        const codeHash = sha256Hex(plainCode(typed))
        const code = await store.useCode(tx, codeHash, now)
        if (code === undefined) {
          throw new Problem('enrolment-code-refused', {
            status: 404,
            title: 'Mã ghi danh không đúng, đã dùng hoặc đã quá 15 phút. Đề nghị Văn phòng cấp mã mới.',
          })
        }
        const endpoint = (await store.endpointById(tx, code.endpointId)) ?? fail(notFound('điểm cầu'))
        const device = await store.insertDevice(tx, {
          endpointId: code.endpointId,
          label: code.label,
          credentialHash: sha256Hex(credential),
          enrolledAt: now,
          enrolledBy: code.createdBy,
          lastSeenAt: now,
        })
        await store.linkCode(tx, codeHash, device.id)
        await platform.audit.write(tx, anonymousActor('kiosk'), 'device.enrolled', `device:${device.id}`, {
          endpointId: endpoint.id,
          label: device.label,
        })
        await platform.changes.announce(tx, `endpoint:${endpoint.id}`, 'endpoints')
        return { deviceId: device.id, credential, endpointName: endpoint.name }
      })
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
