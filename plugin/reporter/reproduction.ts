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
  const { branch } = compared?.comparison?.head ?? {}
  const command = commandOf(others)
  const base = compared?.comparison?.base.commit ?? ''
  if (!compared?.again.isBaseOfJob || !HASH.test(base))
    return [`To reproduce it, ${branch === undefined ? '' : `check out ${escaped(branch)} and `}run \`${command}\`.`]
  const checkout = branch === undefined ? '' : `check out ${escaped(branch)}, `
  return [
    `To reproduce it, ${checkout}set ${SETUP_VARIABLE} to the setup of the job, ` +
      `and run \`${COMMIT_VARIABLE}=${base} ${command}\`.`,
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
