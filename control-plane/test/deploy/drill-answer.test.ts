import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const ansible = resolve(import.meta.dirname, '../../../infra/ansible')
const text = (path: string): string => readFileSync(resolve(ansible, path), 'utf8')

/** What the playbook makes of the control plane's answer. */
function judged(...told: object[]): { outcome: string; lines: string[] } {
  const script =
    'import sys, json, tiepdan; a = sys.stdin.read(); print(json.dumps({"outcome": tiepdan.drill_outcome(a), "lines": tiepdan.drill_lines(a)}))'
  const answer = execFileSync('python3', ['-B', '-c', script], {
    cwd: resolve(ansible, 'filter_plugins'),
    input: told.map((line) => `${JSON.stringify(line)}\n`).join(''),
    encoding: 'utf8',
  })
  return JSON.parse(answer) as { outcome: string; lines: string[] }
}

test('a drill that passed, one that was refused and one that failed or broke off are told apart', () => {
  assert.deepEqual(judged({ say: '[1/9] ĐẠT' }, { say: 'Diễn tập: Đạt sau 120 giây' }, { ok: true }), {
    outcome: 'passed',
    lines: ['[1/9] ĐẠT', 'Diễn tập: Đạt sau 120 giây'],
  })
  assert.equal(judged({ say: 'Chưa diễn tập được:\n- Buổi tiếp đang diễn ra.' }, { ok: false }).outcome, 'refused')
  assert.equal(judged({ say: '[1/9] KHÔNG ĐẠT' }, { ok: false }).outcome, 'failed')
  assert.equal(judged({ say: '[1/9] ĐẠT' }).outcome, 'failed')
  assert.equal(judged().outcome, 'failed')
})

test('an installation, and so an upgrade, ends with a drill; off where there is no recorder, and told so', () => {
  assert.match(text('site.yml'), /import_playbook: drill\.yml\s*$/)
  assert.match(text('upgrade.yml'), /import_playbook: site\.yml\s*$/)
  assert.match(text('group_vars/all/main.yml'), /^tiepdan_drill: "\{\{ groups\['recorders'\] .* > 0 \}\}"$/m)
  assert.match(text('drill.yml'), /Không diễn tập/)
})
