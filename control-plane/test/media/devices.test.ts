import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceStates } from '../../contract/kiosk.ts'
import { deviceWords, type Place } from '../../media/device-words.ts'
import { type ChosenDevices, faultOf, findChosen, isInAppBrowser, triesFor } from '../../media/devices.ts'
import type { JitsiLibrary, JitsiTrack } from '../../media/jitsi.ts'
import { makeTracks } from '../../media/own-tracks.ts'
import { deviceFaults } from '../../server/test-calls/device-faults.ts'

const camera = (deviceId: string, label: string) => ({ kind: 'videoinput' as const, deviceId, label })

test('a chosen device is found by its id, else by its name, and never by an empty one', () => {
  const all = [camera('1', 'Logi'), camera('2', 'Rally')]
  assert.equal(findChosen({ id: '2', label: 'Logi' }, all)?.deviceId, '2')
  assert.equal(findChosen({ id: 'gone', label: 'Rally' }, all)?.deviceId, '2')
  assert.equal(findChosen({ id: 'gone', label: 'Poly' }, all), undefined)
  assert.equal(findChosen({ id: '', label: '' }, [camera('', '')]), undefined)
  assert.deepEqual(triesFor({ id: '2', label: '' }, all), ['2', null, '1'])
  assert.deepEqual(triesFor({ id: 'gone', label: 'Poly' }, all), [null, '1', '2'])
  assert.deepEqual(triesFor(undefined, [camera('default', 'Default'), camera('1', 'Logi')]), [null, '1'])
})

test('every name that a browser gives a refusal leads to its own cause', () => {
  const causes = {
    refused: ['NotAllowedError', 'PermissionDeniedError', 'SecurityError'],
    none: ['NotFoundError', 'DevicesNotFoundError', 'OverconstrainedError', 'ConstraintNotSatisfiedError'],
    busy: ['NotReadableError', 'TrackStartError', 'AbortError'],
    unsupported: ['TypeError', 'NotSupportedError'],
  }
  for (const [cause, names] of Object.entries(causes))
    for (const name of names) assert.equal(faultOf(new DOMException('', name)), cause, name)
  assert.equal(faultOf(new Error('no-answer')), 'no-answer')
})

test('each state of each device has words of its own that say what to do, in a room and on an own device', () => {
  const places: Place[] = [{ is: 'room' }, { is: 'own', inApp: false }, { is: 'own', inApp: true }]
  for (const place of places) {
    for (const kind of ['camera', 'microphone'] as const) {
      const chosen = { id: '1', label: 'Rally' }
      const words = deviceStates.map((state) =>
        deviceWords(kind, { state, stream: null, name: 'Logi', because: 'busy' }, chosen, place),
      )
      assert.equal(new Set(words).size, deviceStates.length)
      for (const [at, text] of words.entries())
        if (!['ok', 'unknown'].includes(deviceStates[at] ?? ''))
          assert.match(text, /[Bb]ấm|[Cc]ắm|[Mm]ở|[Đđ]óng|Bật|Cho phép/)
    }
  }
})

test('browsers inside apps are told from Chrome and Safari', () => {
  const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
  const android = 'Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko)'
  for (const inside of [
    `${android.replace(';', '; wv;')} Version/4.0 Chrome/126.0 Mobile Safari/537.36 Zalo android/12113`,
    `Mozilla/5.0 (Linux; Android 14; SM-A155F; wv) AppleWebKit/537.36 Version/4.0 Chrome/126.0 Mobile Safari/537.36`,
    `${iPhone} Mobile/15E148 [FBAN/FBIOS;FBAV/465.0.0;FBBV/1]`,
    `${iPhone} Mobile/15E148 Zalo iOS/24061`,
    `${iPhone} Mobile/15E148`,
    `${iPhone} Mobile/15E148 Instagram 334.0.0`,
  ])
    assert.equal(isInAppBrowser(inside), true, inside)
  for (const own of [
    `${android} Chrome/126.0.0.0 Mobile Safari/537.36`,
    `${iPhone} Version/17.5 Mobile/15E148 Safari/604.1`,
    `${iPhone} CriOS/126.0 Mobile/15E148 Safari/604.1`,
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 Offline/1',
  ])
    assert.equal(isInAppBrowser(own), false, own)
})

/** The library as far as devices go: `exact` ids, as today's builds ask for them, and the browser's error wrapped. */
function aLibrary(there: Record<string, 'ok' | 'busy'>) {
  const refuse = (name: string): never => {
    throw Object.assign(new Error(), { name: 'gum.general', gum: { error: new DOMException('', name) } })
  }
  const asked: string[] = []
  const library = {
    async createLocalTracks(options: { devices: string[]; cameraDeviceId?: string; micDeviceId?: string }) {
      assert.equal(options.devices.length, 1, 'one missing device must not take the other along')
      const [type] = options.devices
      const id = (type === 'video' ? options.cameraDeviceId : options.micDeviceId) ?? 'default'
      asked.push(`${type} ${id}`)
      const key = `${type}-${id}`
      if (there[key] === undefined) refuse(id === 'default' ? 'NotFoundError' : 'OverconstrainedError')
      if (there[key] === 'busy') refuse('NotReadableError')
      return [{ getType: () => type, id } as unknown as JitsiTrack]
    },
  } as unknown as JitsiLibrary
  return { library, asked }
}

test('in a test call each device is taken by itself: by its name under a new id, another for one that is held, and what failed is a reason', async (t) => {
  const devices = [
    { kind: 'videoinput', deviceId: 'new', label: 'Rally' },
    { kind: 'videoinput', deviceId: 'built-in', label: 'Built-in' },
  ]
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  const mediaDevices = { getUserMedia: () => undefined, enumerateDevices: async () => devices }
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices }, configurable: true })
  t.after(() => before !== undefined && Object.defineProperty(globalThis, 'navigator', before))
  const call = async (chosen: ChosenDevices, there: Record<string, 'ok' | 'busy'>) => {
    const { library, asked } = aLibrary(there)
    const told: string[] = []
    const tracks = await makeTracks(chosen, library, ({ kind, fault }) => told.push(`${kind}-${fault}`))
    return { tracks: tracks.map((track) => (track as unknown as { id: string }).id), asked, told }
  }
  const rally = { camera: { id: 'of-before', label: 'Rally' } }
  assert.deepEqual(await call(rally, { 'video-new': 'ok', 'audio-default': 'ok' }), {
    tracks: ['default', 'new'],
    asked: ['audio default', 'video new'],
    told: [],
  })
  const held = await call(rally, { 'video-new': 'busy', 'video-default': 'busy', 'video-built-in': 'ok' })
  assert.deepEqual(held.tracks, ['built-in'])
  assert.deepEqual(held.told, ['microphone-none', 'camera-other'])
  const [microphone, cameraReason] = deviceFaults(['stalled', ...held.told])
  assert.equal(microphone?.severity, 'failed')
  assert.match(microphone?.text ?? '', /Micro của phòng không tìm thấy/)
  assert.equal(cameraReason?.severity, 'warned')
  assert.match(deviceFaults(['camera-busy'])[0]?.text ?? '', /chương trình khác/)
})
