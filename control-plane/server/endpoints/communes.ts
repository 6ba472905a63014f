import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Commune {
  code: string
  name: string
  shortName: string
  slug: string
  formerProvince: string
}

/**
 * The 135 communes and wards of Gia Lai since 01/07/2025 (Nghị quyết 1664/NQ-UBTVQH15), from the file beside this one.
 * Compilation credit: thanglequoc/vietnamese-provinces-database (MIT). "Đak" and "Đăk" both occur in official names: never normalise.
 */
export async function readCommunes(): Promise<Commune[]> {
  const text = await readFile(join(import.meta.dirname, 'gia-lai-communes.csv'), 'utf8')
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [code = '', name = '', , shortName = '', slug = '', formerProvince = ''] = line.trim().split(',')
      return { code, name, shortName, slug, formerProvince }
    })
}

/**
 * By a commune's code, the wards, communes and towns (and their districts) that it was made of on 01/07/2025, whole or in part (Nghị quyết
 * 1664/NQ-UBTVQH15). Compilation credit: Tran Ngoc Minh Hieu, vietnamadminunits 1.0.4 (MIT).
 */
export const formerNames: ReadonlyMap<string, readonly string[]> = readFormerNames()

function rowsOf(file: string): string[][] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
  return lines.map((line) => line.trim().split(','))
}

function readFormerNames(): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const [code = '', former = '', district = ''] of rowsOf('gia-lai-former-names.csv')) {
    const known = names.get(code) ?? []
    names.set(code, [...known, ...[former, district].filter((name) => !known.includes(name))])
  }
  return names
}

const codeOf = new Map(rowsOf('gia-lai-communes.csv').map(([code = '', name = '']) => [name, code]))
/** The same by a commune's name, where no more is known of it. */
export const formerNamesOf = (name: string): readonly string[] => formerNames.get(codeOf.get(name) ?? '') ?? []
