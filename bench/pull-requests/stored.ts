import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { StoredComparison } from '../../src/compare/comparison.ts'

/** The comparison that a run of a repository has left; undefined if there is none. */
export function storedComparison(repository: string): StoredComparison['comparison'] | undefined {
  const reports = join(repository, '.vitest-arazzo')
  const folders = existsSync(reports) ? readdirSync(reports) : []
  const path = folders.map(name => join(reports, name, 'comparison.json')).find(candidate => existsSync(candidate))
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as StoredComparison).comparison
}

/** An output in one line, from the first failed budget on; without one its end. */
export function lastWords(output: string): string {
  const words = stripVTControlCharacters(output).replace(/\s+/g, ' ')
  return words.slice(Math.max(words.indexOf('BudgetError:'), words.length - 1_200)).slice(0, 1_200)
}
