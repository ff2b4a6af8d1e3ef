import { plain } from '../../src/ground/plain.ts'
import { causeFunction, causeWords } from '../../src/report/cause.ts'
import { workflowCommand } from '../../src/report/markdown-parts.ts'
import type { RunTest } from './run-tests.ts'

/** GitHub shows ten of a step: others may have some, too. */
const MOST = 3

/** Commands by which GitHub shows causes next to the lines of the application, each line once. */
export function causeWarnings(tests: readonly Pick<RunTest, 'name' | 'comparison' | 'report'>[]): string[] {
  const lines = new Map<string, string>()
  for (const { name, comparison, report } of tests)
    for (const { cause } of [...(comparison?.budgets ?? []), ...(report?.verdicts ?? [])]) {
      const { file, line = 1 } = causeFunction(cause) ?? {}
      if (file === undefined) continue
      const place = { file: plain(file), line, title: `Cause in ${plain(name)}` }
      const key = `${file}:${line}`
      if (!lines.has(key)) lines.set(key, workflowCommand('warning', place, causeWords(cause!)))
    }
  return [...lines.values()].slice(0, MOST)
}
