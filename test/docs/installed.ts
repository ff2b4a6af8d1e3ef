import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'

export interface Result {
  /** Its test file, as an absolute path. */
  file: string
  title: string
  fullName: string
  ancestorTitles: string[]
  status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo'
  failureMessages: string[]
}

export function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** The configuration of a folder whose folders are projects. */
export function configOf(names: readonly string[]): string {
  const projects = JSON.stringify(names.map(name => `./${name}/vitest.config.mjs`))
  return `export default { test: { projects: ${projects} } }\n`
}

/**
 * Runs folders as projects of one run of Vitest, and gives the results of the tests of each.
 *
 * @param filters absolute paths of the test files, or of folders of them, that are run. Default: all.
 */
export async function runProjects(
  folder: string,
  names: readonly string[],
  env: Record<string, string> = {},
  filters: readonly string[] = [],
): Promise<Map<string, Result[]>> {
  writeFileSync(join(folder, 'vitest.config.mjs'), configOf(names))
  const { stdout, stderr } = await runVitestAgain(folder, ['run', ...filters, '--reporter=json'], env)
  const json = stdout.slice(stdout.indexOf('{"num'))
  if (!json.startsWith('{')) throw new Error(`Vitest printed no results: ${stderr}`)
  const { testResults } = JSON.parse(json) as {
    testResults: { name: string; assertionResults: Omit<Result, 'file'>[] }[]
  }
  const results = new Map<string, Result[]>()
  for (const { name, assertionResults } of testResults) {
    const of = names.find(one => name.includes(`/${one}/`))!
    const own = assertionResults.map(result => ({ file: name, ...result }))
    results.set(of, [...(results.get(of) ?? []), ...own])
  }
  return results
}
