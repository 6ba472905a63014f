import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { forgivenPath, readFragment, readLinkIn } from '../../contract/join-link.ts'

// The alphabet has "-" and "_", which stand at the end of a token as often as any other character.
const tokens = [...Array.from({ length: 50 }, () => randomBytes(32).toString('base64url')), `${'_-'.repeat(21)}-`]
const one = tokens[0] ?? ''

test('whatever is copied along with a link is cut, and the key is whole', () => {
  const tails = [
    '.',
    ',',
    ';',
    ':',
    ')',
    ']',
    '}',
    '>',
    '"',
    '”',
    '’',
    '»',
    '…',
    '!',
    '*',
    '_',
    '-',
    '–',
    '|',
    '\\',
    '\n',
    ' ',
  ]
  tails.push(
    '?utm_source=zalo&utm_medium=chat',
    '&fbclid=IwAR0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdef',
    '#',
    '/',
    '=',
  )
  tails.push(
    '\u200b',
    '\u200e',
    '\ufeff',
    '\u00ad',
    '\u00a0',
    '\u2060.',
    ').',
    '&gt;',
    '&nbsp;',
    ' và mã NCY2W-62NRU',
    'Hoặc',
    '%',
    '%zz',
  )
  for (const token of tokens)
    for (const tail of tails)
      for (const given of [token + tail, `#${token}${tail}`, `#${token}${encodeURIComponent(tail)}`])
        assert.deepEqual(readFragment(given), { is: 'token', token }, JSON.stringify(tail))
})

test('what was put into a link is taken out: zero-width characters, line ends, quoting marks, percent signs written twice', () => {
  for (const token of tokens) {
    const [head, rest] = [token.slice(0, 17), token.slice(17)]
    for (const put of ['\u200b', '\u00ad', '\n', '\r\n', ' ', '\n> ', '=\n', '\u2028']) {
      const broken = head + put + rest
      for (const given of [broken, encodeURIComponent(broken), encodeURIComponent(encodeURIComponent(broken))])
        assert.deepEqual(readFragment(given), { is: 'token', token }, JSON.stringify(put))
    }
    for (const before of ['<', '"', '“', '\u200b', ' '])
      assert.deepEqual(readFragment(`#${before}${token}`), { is: 'token', token })
    assert.deepEqual(readFragment(token.replaceAll('-', '–')), { is: 'token', token })
  }
})

test('less than a key is a damaged link, nothing is no link', () => {
  for (const fragment of [
    one.slice(1),
    one.slice(0, 20),
    'muc-luc',
    `${one.slice(0, 40)}.`,
    `${one.slice(0, 30)}&fbclid=${one}`,
  ])
    assert.deepEqual(readFragment(fragment), { is: 'damaged' }, fragment)
  for (const fragment of ['', '#', '.', '%20', '\u200b', '?utm_source=zalo', '&fbclid=abc'])
    assert.deepEqual(readFragment(fragment), { is: 'none' }, fragment)
})

test('the link is found in a letter that was pasted whole', () => {
  const letter = (link: string) =>
    `Kính gửi ông/bà,\nLiên kết riêng của ông/bà:\n${link}\nHoặc mở https://a.example/vao và nhập mã: NCY2W-62NRU\n`
  for (const token of tokens)
    for (const link of [
      `https://a.example/vao#${token}`,
      `(https://a.example/VAO/?utm_source=x#${token}).`,
      `a.example/vao%23${token}`,
    ])
      assert.deepEqual(readLinkIn(letter(link)), { is: 'token', token }, link)
  for (const text of ['NCY2W-62NRU', 'Mã: NCY2W-62NRU', letter('')]) assert.deepEqual(readLinkIn(text), { is: 'none' })
})

test('addresses that mean a page of ours lead to it, others are left alone', () => {
  for (const path of [
    '/vao/',
    '/VAO',
    '/Vao',
    '/vao.',
    '/vao,',
    '/vao)',
    '/vao"',
    '/vao//',
    '//vao',
    '/v%C3%A0o',
    '/va%CC%80o',
    '/vao%20',
    '/vao%E2%80%8B',
    '/vao/?utm_source=zalo',
    '/vao%3Futm_source=zalo',
    '/vao/index.html',
  ])
    assert.equal(forgivenPath(path), '/vao', path)
  for (const path of ['/kiosk/', '/KIOSK', '/Kiosk', '/kiosk.', '/kiosk%20', '/kiosk/index.html', '/kiosk/?x=1'])
    assert.equal(forgivenPath(path), '/kiosk', path)
  for (const path of [`/vao%23${one}`, `/vao/%23${one}.`, `/vao/${one}`, `/VAO%2523${one}`])
    assert.equal(forgivenPath(path), `/vao#${one}`, path)
  assert.equal(forgivenPath(`/vao%23${one.slice(9)}`), '/vao#-')
  for (const path of [
    '/',
    '/vu-viec',
    '/vaomot',
    '/vao-phong',
    '/vao2',
    '/kiosks',
    '/buoi-tiep/vao',
    '/api/kiosk',
    '/x?y=/vao',
  ])
    assert.equal(forgivenPath(path), undefined, path)
})
