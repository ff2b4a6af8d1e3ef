import { arazzo, openapi } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'
import { runSuite, type SuiteRun, writeSuite } from './run-suite.ts'

/** An API that has `GET /{name}`, for documents beside it. */
export const api = openapi({ ask: ['get', '/{name}'] })

/** A document with a workflow for each name, whose one step asks for `/{name}`. */
export function asking(...names: string[]): string {
  return arazzo(
    names
      .map(
        name => `
  - workflowId: ${name}
    steps:
      - stepId: ask
        operationId: ask
        parameters: [{ name: name, in: path, value: ${name} }]
        successCriteria: [{ condition: $statusCode == 200 }]`,
      )
      .join(''),
  )
}

/** A Vitest configuration; `test` and what stands before it are written as they are. */
export function config(test: string, before = ''): string {
  return `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

const servers = process.env.API
export default defineConfig({ ${before} test: ${test} })
`
}

/** A test that passes. */
export const passing = "import { test } from 'vitest'\n\ntest('passes', () => {})\n"

export interface AskingRun extends SuiteRun {
  /** The names that were asked for, sorted. */
  asked: string[]
  /** Each workflow that ran, by the project and file as Vitest's report has them. */
  folder: string
}

/** Runs Vitest once for each list of arguments, on the same files; what is asked for is of all runs. */
export async function runAsking(
  files: Record<string, string>,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<AskingRun> {
  const folder = await writeSuite(files)
  return { ...(await askAgain(folder, args, env)), folder }
}

/** Runs Vitest on files that were written before. */
export async function askAgain(
  folder: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Omit<AskingRun, 'folder'>> {
  const { origin, seen } = await serve(() => ({ body: {} }))
  const run = await runSuite(folder, args, { API: origin, ...env })
  return { ...run, asked: seen.map(({ url }) => url.slice(1)).sort() }
}
