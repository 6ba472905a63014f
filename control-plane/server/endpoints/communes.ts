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
