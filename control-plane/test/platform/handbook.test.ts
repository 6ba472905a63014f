import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { RecorderReport } from '../../contract/recordings.ts'
import { neglects } from '../../server/hearings/hearing.ts'

const root = resolve(import.meta.dirname, '../../..')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))

/** Kinds in the words of the sources; those that are put together from parts come from the parts. */
function alertKinds(): string[] {
  const raised = filesIn('control-plane/server', '.ts').flatMap((path) => {
    const source = text(path).replaceAll(/^import .*$/gm, '')
    if (!/alerts\.raise\(|: Alert\b/.test(source)) return []
    return [
      ...source.matchAll(/kind: '([a-z-]+)',\s*subject\b/g),
      ...source.matchAll(/const \w*[kK]ind = '([a-z-]+)'/g),
      // The kind comes as an argument: whatever in this file looks like one.
      ...(/\{\s*kind,\s*subject\b/.test(source) ? source.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g) : []),
    ].map(([, kind = '']) => kind)
  })
  const fault = RecorderReport.properties.fault as unknown as { properties: { kind: { enum: string[] } } }
  const faults = fault.properties.kind.enum.map((kind) => `recorder-${kind}`)
  return [...new Set([...raised, ...neglects, ...faults])].sort()
}

const rules = [
  ...text('infra/ansible/roles/monitoring/files/alerts.yml').matchAll(/- alert: (\w+)[\s\S]*?runbook: (\S+)/g),
].map((found) => ({ name: found[1] ?? '', runbook: found[2] ?? '' }))
const inKebab = (name: string): string => name.replaceAll(/\B[A-Z]/g, '-$&').toLowerCase()

test('every alert has its page, every page its alert, and the list of faults names them all', () => {
  assert.ok(rules.length > 0)
  for (const { name, runbook } of rules) assert.equal(runbook, `docs/su-co/${inKebab(name)}.md`)
  const expected = [...alertKinds(), ...rules.map(({ name }) => inKebab(name))].sort()
  const pages = filesIn('docs/su-co', '.md').map((path) => relative('docs/su-co', path).replace(/\.md$/, ''))
  assert.deepEqual(pages.filter((name) => name !== 'README').sort(), expected)
  const listed = [...text('docs/su-co/README.md').matchAll(/^\| \[[^\]]+\]\(([a-z-]+)\.md\)/gm)].map(([, name]) => name)
  assert.deepEqual(listed.sort(), expected)
  // The code that people see on the alert stands on its page.
  for (const code of [...alertKinds(), ...rules.map(({ name }) => name)])
    assert.match(text(`docs/su-co/${inKebab(code)}.md`), new RegExp(`^\\| \`${code}\` \\|`, 'm'))
})

/** The anchors of a page's headings, as code hosts make them. */
const anchors = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test('links in the handbooks lead somewhere, and the commands they name exist', () => {
  const faults: string[] = []
  for (const path of filesIn('docs', '.md')) {
    const page = text(path)
    for (const [, target = ''] of page.matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)) {
      if (/^https?:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : join(dirname(path), file)
      const leads = existsSync(join(root, found)) && (anchor === undefined || anchors(text(found)).includes(anchor))
      if (!leads) faults.push(`${path}: ${target}`)
    }
    const named = [
      ...page.matchAll(/(?<![\w/])(?:scripts\/[\w.-]*\w|infra\/ansible\/[\w./-]*\.(?:yml|j2|json)\b)/g),
    ].map(String)
    const played = [...page.matchAll(/ansible-playbook (?:-i \S+ )+(\S+\.yml)/g)].map(
      ([, name]) => `infra/ansible/${name}`,
    )
    for (const name of [...named, ...played]) if (!existsSync(join(root, name))) faults.push(`${path}: ${name}`)
  }
  assert.deepEqual(faults, [])
})
