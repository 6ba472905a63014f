import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A release whose program ends at its start, in a folder as scripts/make-release leaves one. */
export function brokenRelease(folder: string): string {
  const broken = join(folder, 'broken')
  const tree = join(broken, 'tree')
  mkdirSync(tree, { recursive: true })
  execFileSync('tar', ['-xzf', resolve(import.meta.dirname, '../../../release/tiepdan.tar.gz'), '-C', tree])
  writeFileSync(join(tree, 'control-plane/server/main.ts'), "throw new Error('broken on purpose')\n")
  execFileSync('tar', ['-C', tree, '-cf', join(broken, 'tiepdan.tar'), '.'])
  execFileSync('gzip', ['-1', join(broken, 'tiepdan.tar')])
  writeFileSync(join(broken, 'version'), '9.9.9-broken\n')
  return broken
}
