import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readSettings } from '../../../jibri/settings.ts'
import { Thresholds } from '../../contract/test-calls.ts'
import { readConfig } from '../../server/platform/config.ts'
import { defaultThresholds } from '../../server/test-calls/thresholds.ts'
import { type TestApplication, testApplication } from '../support/application.ts'
import { leastSettings } from '../support/settings.ts'
import { signedIn } from '../support/staff.ts'

let app: TestApplication
before(async () => {
  app = await testApplication()
})
after(() => app.close())

const root = join(import.meta.dirname, '../../..')
const endless = ['1e999', '-1e999', 'Infinity', '-Infinity', 'NaN', '-1', '1e30']
const namesIn = (file: string, form: RegExp): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(form)].map(([, name]) => name ?? '')

test('no limit of a test call takes a figure without end, and what stood stays', async () => {
  const headers = { ...(await signedIn(app, 'administrator')), 'content-type': 'application/json' }
  const url = '/api/test-calls/thresholds'
  for (const name of Object.keys(Thresholds.properties)) {
    for (const figure of ['1e999', '-1e999', '1e30', '-1']) {
      // A text, because JSON.stringify knows no 1e999.
      const payload = JSON.stringify({ ...defaultThresholds, [name]: 'FIGURE' }).replace('"FIGURE"', figure)
      const answer = await app.http.inject({ method: 'PUT', url, headers, payload })
      assert.equal(answer.statusCode, 400, `${name} ${figure} ${answer.body}`)
      assert.equal(answer.json().faults[0].field, `body.${name}`)
    }
  }
  assert.deepEqual((await app.http.inject({ url, headers })).json(), defaultThresholds)
})

test('no number in the settings of the control plane or of a recorder host is without end', () => {
  const recorder = {
    TIEPDAN_JIBRI_HOST: 'jibri-1',
    TIEPDAN_JIBRI_CONTROL_PLANE_URL: 'https://tiepdan.example',
    TIEPDAN_JIBRI_SERVICE_NAME: 'jibri',
    TIEPDAN_JIBRI_SERVICE_SECRET: 'x'.repeat(32),
    TIEPDAN_JIBRI_RECORDINGS_FOLDER: '/tmp/x/recordings',
  }
  readConfig(leastSettings)
  readSettings(recorder)
  const ofControl = namesIn('control-plane/server/platform/config.ts', /(\w+): Type\.(?:Integer|Number)\(/g).map(
    (name) => `TIEPDAN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  )
  const ofRecorder = namesIn('jibri/settings.ts', /read\.(?:number|port)\('(\w+)'/g).map(
    (name) => `TIEPDAN_JIBRI_${name}`,
  )
  assert.ok(ofControl.length >= 5 && ofRecorder.length >= 15, `${ofControl} ${ofRecorder}`)
  for (const figure of endless) {
    for (const name of ofControl)
      assert.throws(() => readConfig({ ...leastSettings, [name]: figure }), new RegExp(name), `${name}=${figure}`)
    for (const name of ofRecorder)
      assert.throws(() => readSettings({ ...recorder, [name]: figure }), new RegExp(name), `${name}=${figure}`)
  }
})
