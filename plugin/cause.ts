import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { causeOfCost, type PassOptions } from '../src/cause/pass.ts'
import { Git } from '../src/compare/base/git.ts'
import type { ComparedBudget, Comparison } from '../src/compare/comparison.ts'
import { tried } from '../src/ground/tried.ts'
import { type Milliseconds, parseDuration } from '../src/ground/units.ts'
import type { Cause } from '../src/measure/report.ts'
import type { CompareSettings } from './compare/settings.ts'
import type { Sides } from './compare/sides.ts'
import type { ArazzoOptions } from './options.ts'

/** Whether and for how long the cause of a missed budget is looked for. */
export interface CauseSettings {
  when: 'auto' | boolean
  maxDuration: Milliseconds
}

const LONGEST = '30s'

export const causeSettings = ({ cause = 'auto', maxCauseDuration = LONGEST }: ArazzoOptions): CauseSettings => ({
  when: cause,
  maxDuration: parseDuration(maxCauseDuration),
})

/** Metrics that CPU time of the application makes worse. */
const OF_COST: readonly ComparedBudget['budget']['metric'][] = [
  ...(['percentile', 'mean', 'max', 'rps', 'iterationRate', 'capacity'] as const),
  ...(['cpu', 'cpuPerRequest', 'eventLoopDelay'] as const),
]

interface Decided extends Pick<PassOptions, 'duel' | 'signal'> {
  sides: Sides
  settings: CompareSettings
  seed: number
}

/** The comparison, with the cause of each budget that failed. The verdicts stay as they are. */
export async function withCause(comparison: Comparison, decided: Decided): Promise<Comparison> {
  const { sides, settings, duel, seed, signal } = decided
  const { when, maxDuration } = settings.cause ?? causeSettings({})
  const { checkouts } = sides
  const isMissed = ({ verdict, budget }: ComparedBudget) => verdict === 'fail' && OF_COST.includes(budget.metric)
  if (when === false || comparison.cause !== undefined || checkouts === undefined) return comparison
  if (when === 'auto' && !comparison.budgets.some(isMissed)) return comparison
  const { commit } = sides.revisions.base ?? {}
  const git = new Git(checkouts.head, settings.environment, signal)
  const diff = commit === undefined ? undefined : await git.ask('diff', ...DIFF, commit, '--').catch(() => undefined)
  const found = await causeOfCost({ sides, checkouts, duel, seed, signal, maxDuration, diff })
  const cause = inProject(found, checkouts.project)
  const budgets = comparison.budgets.map(one => (isMissed(one) || when === true ? { ...one, cause } : one))
  return { ...comparison, budgets }
}

const DIFF = ['-U0', '-M', '--no-color', '--no-prefix', '--no-ext-diff']

/** The cause with the path of its file and the column of its first word, as the user's folder has them. */
function inProject(cause: Cause, project: string): Cause {
  if (cause.kind !== 'function' || cause.function.file === undefined) return cause
  const path = join(project, cause.function.file)
  const text = tried(() => readFileSync(path, 'utf8'))?.split('\n')[(cause.function.line ?? 1) - 1]
  const column = text === undefined ? cause.function.column : Math.max(1, text.search(/\S/) + 1)
  return { ...cause, function: { ...cause.function, path, column } }
}
