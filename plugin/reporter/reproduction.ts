import { escaped } from '../../src/report/markdown-parts.ts'
import { COMMIT_VARIABLE, SETUP_VARIABLE } from '../compare/options.ts'
import type { RunTest } from './run-tests.ts'

/** Names and files that one command lists; of more, all load tests are run. */
const MOST_NAMED = 6
/** Paths that need no quotes in a shell, and are no options. */
const PLAIN_PATH = /^[\w@.][\w@./-]*$/
/** An abbreviated hash, or a whole one. */
const HASH = /^[0-9a-f]{4,64}$/

/**
 * How whoever reads it makes the same comparison: the command, and before it what has to be there. Empty if all passed.
 */
export function reproductionOf(tests: readonly RunTest[]): string[] {
  const others = tests.filter(({ state }) => state !== 'passed')
  const [first] = others
  if (first === undefined) return []
  const compared = others.find(({ comparison }) => comparison !== undefined)
  const { branch, isChanged } = compared?.comparison?.head ?? {}
  const base = compared?.comparison?.base.commit ?? ''
  const ofJob = compared?.again.isBaseOfJob && HASH.test(base) ? `${COMMIT_VARIABLE}=${base} ` : ''
  const changes = isChanged ? ' with the changes that are not committed' : ''
  const steps = [
    ...(branch === undefined ? [] : [`check out ${escaped(branch)}${changes}`]),
    ...(ofJob && !compared?.again.hasSetup ? [`set ${SETUP_VARIABLE} to the setup of the job`] : []),
    `run \`${ofJob}${commandOf(others)}\``,
  ]
  const last = steps.pop()
  return [
    `To reproduce it, ${[...steps, steps.length > 0 ? `and ${last}` : last].join(steps.length > 1 ? ', ' : ' ')}.`,
  ]
}

function commandOf(tests: readonly RunTest[]): string {
  const files = [...new Set(tests.map(({ again }) => again.file))]
  const names = [...new Set(tests.map(({ again }) => patternOf(again.name)))]
  const arePlain = files.length <= MOST_NAMED && files.every(file => PLAIN_PATH.test(file))
  const which = arePlain ? files.join(' ') : '--tags-filter=load'
  return `npx vitest run ${which}${names.length <= MOST_NAMED ? ` -t '${names.join('|')}'` : ''}`
}

/** A pattern that finds a name, with any character in place of one that a shell, Markdown or a pattern reads. */
const patternOf = (name: string) => name.replaceAll(/^-|[^\w ,:/-]/g, '.')
