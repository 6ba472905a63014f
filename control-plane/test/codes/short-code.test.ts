import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readCode, readDigits, shownCode } from '../../contract/short-code.ts'
import { codeFrom } from '../../server/platform/short-code.ts'
import { earlierCode } from '../../server/rooms/room.ts'
import { shortcuts, telex, viqr, vni, windowsKeyboard } from './input-methods.ts'

const digest = (seed: string, at: number) => createHash('sha256').update(`${seed} ${at}`).digest()
const seed = process.env.TIEPDAN_TEST_SEED ?? randomBytes(4).toString('hex')
const codes = Array.from({ length: 5_000 }, (_, at) => codeFrom(digest(seed, at), at % 2 === 0 ? 10 : 8))
/** Of earlier releases. */
const earlier = Array.from({ length: 600 }, (_, at) => earlierCode(digest(`old ${seed}`, at).toString('base64url')))

test('the input methods of this test write Vietnamese', () => {
  assert.equal(telex('TIEENGS VIEETJ DDUOWNGF'), 'TIẾNG VIỆT ĐUỜNG')
  assert.equal(vni('TIE61NG VIE65T D9UO72NG'), 'TIẾNG VIỆT ĐUỜNG')
  assert.equal(viqr("TIE^'NG VIE^.T"), 'TIẾNG VIỆT')
  assert.deepEqual([shortcuts('NNA'), windowsKeyboard('A2B5')], ['NGA', 'AÂB\u0300'])
  const spoiled = (method: (keys: string) => string) =>
    earlier.filter((code) => method(code) !== code).length / earlier.length
  // As the people saw it: 54 and 25 of 120 codes.
  assert.ok(spoiled(telex) > 0.4 && spoiled(vni) > 0.2, `${spoiled(telex)} ${spoiled(vni)}`)
})

test(`no input method touches a code (seed ${seed})`, () => {
  for (const code of codes)
    for (const method of [telex, vni, viqr, shortcuts]) {
      assert.equal(method(code), code)
      assert.equal(method(code.replace('-', '')), code.replace('-', ''))
    }
})

test('codes are long enough, differ, and hold nothing that is mistaken for another', () => {
  assert.equal(new Set(codes).size, codes.length)
  for (const code of codes) assert.match(code, /^([^-IO01]{5}-[^-IO01]{5}|[^-IO01]{4}-[^-IO01]{4})$/)
  const seen = new Set(codes.join('').replaceAll('-', ''))
  // Each character but the first has one fewer to choose from.
  assert.ok(Math.log2(seen.size) + 9 * Math.log2(seen.size - 1) > 45)
})

test('however a code is typed or pasted, it is read', () => {
  for (const code of codes.filter(({ length }) => length === 11).slice(0, 200)) {
    const bare = code.replace('-', '')
    for (const text of [
      code,
      bare,
      code.toLowerCase(),
      ` ${code} `,
      code.replace('-', ' '),
      code.replace('-', ' - '),
      code.replace('-', '—'),
      [...bare].join(' '),
      `${bare.slice(0, 3)} ${bare.slice(3, 6)} ${bare.slice(6)}`,
      `Mã: ${code}`,
      `MÃ:${bare}`,
      `Mã: ${[...bare].join(' ')}`,
      `Hoặc mở https://a.example/vao và nhập mã: ${code}\nThử thiết bị trước:`,
      `${code}.`,
      `(${code})`,
      `\u200b${code}\u200b`,
      [...code]
        .map((sign) => (sign === '-' ? sign : String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0)))
        .join(''),
      windowsKeyboard(code),
    ]) {
      const { codes: read } = readCode(text, 10)
      assert.equal(read[0], bare, JSON.stringify(text))
    }
  }
  for (const text of ['', 'NCY2W-62NR', 'NCY2W-62NRUU', 'không có mã', 'BCGHK-2345', 'x'.repeat(3_000)])
    assert.deepEqual(readCode(text, 10), { codes: [], rewritten: false }, text)
  assert.deepEqual(readCode('Mã ghi danh: BCGH-2345', 8).codes, ['BCGH2345'])
})

test('codes of earlier releases are read, and turned back from what Telex and VNI made of them', () => {
  for (const [name, method] of Object.entries({ telex, vni })) {
    const spoiled = earlier.filter((code) => method(code) !== code)
    const back = spoiled.filter((code) => {
      const { codes: read, rewritten } = readCode(method(code).toLowerCase(), 10)
      return rewritten && read.includes(code.replace('-', ''))
    })
    assert.ok(back.length / spoiled.length > 0.9, `${name}: ${back.length} of ${spoiled.length} (seed ${seed})`)
    for (const code of spoiled) assert.ok(readCode(method(code), 10).codes.length <= 64)
  }
  for (const code of earlier) assert.equal(readCode(code, 10).codes[0], code.replace('-', ''))
})

test('reading takes a few milliseconds whatever stands there', () => {
  const texts = [
    'A'.repeat(9),
    'ẤẤẤẤẤẤ',
    'ƯƯƯƯ-ƯƯƯ',
    'AEUYAEUY',
    'ĐĐĐĐ-ĐĐĐ',
    'UUUUUU ƯƯ',
    'Ấ'.repeat(300),
    'AB CD EF GH IJ '.repeat(20),
    'AAAAA '.repeat(50),
  ]
  for (const text of texts) readCode(text, 10)
  for (const text of texts) {
    const before = process.cpuUsage()
    readCode(text, 10)
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 100_000, `${text.slice(0, 20)}: ${user + system} µs`)
  }
})

test('the authenticator’s digits are found in what was typed or pasted', () => {
  for (const text of [
    '123456',
    '123 456',
    ' 123-456 ',
    'Mã: 123456',
    '１２３４５６',
    'G-123456 là mã',
    '\u200b123456',
    windowsKeyboard('123456'),
  ])
    assert.equal(readDigits(text), '123456', text)
  for (const text of ['12345', '1234567', 'abc']) assert.equal(readDigits(text), text)
  assert.equal(shownCode('BCGH2345'), 'BCGH-2345')
})
