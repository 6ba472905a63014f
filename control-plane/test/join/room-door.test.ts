import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '../journeys/browser.ts'
import { startStageWeb } from '../stage/web.ts'
import { freePort } from '../support/databases.ts'

// The files that are laid beside Jitsi Meet, in a real browser, on the stage's web server. Nothing here reaches Prosody.
const room = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const token = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'
let browser: Browser
let web: Awaited<ReturnType<typeof startStageWeb>>
let ours: Server
let origin: string
before(async () => {
  ours = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  await new Promise<void>((done) => ours.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${(ours.address() as AddressInfo).port}`
  web = await startStageWeb({ port: await freePort(), prosodyUrl: 'http://127.0.0.1:9', pageOrigin: origin })
  browser = await launchBrowser()
})
after(async () => {
  await browser.close()
  await web.stop()
  ours.closeAllConnections()
  await new Promise((done) => ours.close(done))
})

async function opened(address: string): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'vi-VN' })).newPage()
  await page.goto(`${web.url}/${address}`)
  return page
}

test('a room’s address without a token in its fragment leads to a page of ours that says where to go', async () => {
  for (const address of [room, `${room}#`, `${room}#userInfo.displayName="A"`, `${room}?jwt=${token}`]) {
    const page = await opened(address)
    await page.getByRole('heading', { name: 'không mở trực tiếp được' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/can-lien-ket.html', address)
    assert.ok(!page.url().includes(token))
    assert.equal(await page.getByRole('link', { name: 'Nhập mã đăng nhập' }).getAttribute('href'), `${origin}/vao`)
    assert.equal(await page.locator('input, [role="dialog"]').count(), 0)
    await page.context().close()
  }
})

test('with a token in the fragment, or as a recorder, the room’s own page is there', async () => {
  for (const fragment of [
    `jwt=%22${token}%22`,
    `jitsi_meet_external_api_id=0&jwt="${token}"`,
    'config.iAmRecorder=true',
  ]) {
    const page = await opened(`${room}#${fragment}`)
    await page.locator('#state').waitFor()
    assert.equal(new URL(page.url()).pathname, `/${room}`, fragment)
    await page.context().close()
  }
})

test('within our own page it says so to that page, which enters anew with a fresh token', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(origin)
  const heard = await page.evaluate(
    (address) =>
      new Promise<{ tiepdan: string; entry: { error: string; asks: boolean } }>((resolve) => {
        window.addEventListener('message', (event) => {
          if (event.data?.tiepdan === 'entry') resolve(event.data)
        })
        const frame = document.createElement('iframe')
        frame.src = address
        document.body.append(frame)
      }),
    `${web.url}/${room}`,
  )
  assert.deepEqual([heard.entry.error, heard.entry.asks], ['no-token', true])
})
