import { generateKeyPairSync } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { createSigning } from '../../server/rooms/signing.ts'
import { aRoomWorld, startsAt } from '../rooms/world.ts'
import { type Figure, interleaved, rounded, timed } from './rounds.ts'

const opens = 135
// Eight people press at the same moment: nobody waits for the other's disk.
const atOnce = 8

/**
 * From a grant to a room token: the whole way (`POST /api/join/enter`: checks, entry noted, audit row committed, token), and the token alone.
 * Baseline: RS256 signing of the same claims with a key of the same size.
 */
export async function grantOpen(): Promise<Figure[]> {
  const world = await aRoomWorld()
  try {
    const hearing = await world.aHearing()
    world.clock.set(startsAt)
    const key = { token: hearing.token(hearing.guest), acceptsRecording: true }
    const entered = await world.ask('POST', '/api/join/enter', key)
    if (entered.status !== 200) throw new Error(JSON.stringify(entered.body))
    const claims = jwt.decode(String(entered.body.token)) as object
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const sign = async (): Promise<void> => {
      for (let n = 0; n < opens; n++) jwt.sign(claims, privateKey, { algorithm: 'RS256', keyid: 'bench' })
    }
    const signing = createSigning(world.app.platform)
    const order = {
      room: hearing.room.name,
      user: { id: hearing.guest.id, name: hearing.guest.displayName, moderator: false },
      features: { recording: false },
      notBefore: startsAt,
      expires: startsAt + 3_600_000,
    }
    const mint = (): Promise<unknown> => inLanes(() => signing.mint(order))
    let pressed = 0
    const enter = (): Promise<unknown> =>
      inLanes(async () => {
        // Each from a commune of its own: one address may not press so often.
        const remoteAddress = `10.0.${(pressed >> 8) & 255}.${pressed++ & 255}`
        const answer = await world.app.http.inject({
          method: 'POST',
          url: '/api/join/enter',
          payload: key,
          remoteAddress,
        })
        if (answer.statusCode !== 200) throw new Error(answer.body)
      })
    await mint()
    const whole = await interleaved(
      7,
      () => timed(sign),
      () => timed(enter),
    )
    const token = await interleaved(
      7,
      () => timed(sign),
      () => timed(mint),
    )
    return [
      figure('grant-open', whole.workMs, whole.baselineMs),
      figure('grant-open-token', token.workMs, token.baselineMs),
    ]
  } finally {
    await world.close()
  }
}

const figure = (name: string, workMs: number, baselineMs: number): Figure => ({
  name,
  value: rounded(workMs / opens),
  unit: 'ms',
  baseline: rounded(baselineMs / opens),
  ratio: rounded(baselineMs / workMs),
  goal: '≥ 0.8',
})

async function inLanes(work: () => Promise<unknown>): Promise<void> {
  let left = opens
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
