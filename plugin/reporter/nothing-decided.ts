import process from 'node:process'
import type { Reporter, TestCase, Vitest } from 'vitest/node'
import { failed } from '../../src/ground/fault.ts'
import { counted } from '../../src/ground/words.ts'
import { BASE_IS_NONE, NO_BASE } from '../runtime/notes.ts'
import { isLeftOpen, isOfLoad } from './run-tests.ts'

/** Exit code of an undecided run, the same as that of the command line. */
const INCONCLUSIVE = 3

/**
 * Gives a run an exit code of its own if tests of budgets were skipped as undecided and none was kept: Vitest calls it
 * passed, and it would look like a run that has kept them all.
 */
export function sayNothingDecided(vitest: Vitest): Reporter {
  return {
    onTestRunEnd(modules, errors, reason) {
      if (reason !== 'passed' || errors.length > 0 || process.exitCode) return
      const tests = modules.flatMap(module => [...module.children.allTests()]).filter(isOfLoad)
      const open = tests.filter(isLeftOpen)
      if (open.length === 0 || tests.some(isKept)) return
      const found = `${counted(open.length, 'budget')} undecided, none kept`
      const [without, none] = [NO_BASE, BASE_IS_NONE].map(note => open.filter(test => endsWith(test, note)).length)
      const share = (count: number) => (count < open.length ? ` for ${count} of them` : '')
      const [why, advice] = none
        ? [`; the base is none${share(none)}`, 'Unset VITEST_ARAZZO_BASE_COMMIT to compare again.']
        : without
          ? [`; there is no base${share(without)}`, NO_BASE]
          : ['', 'Run it again, on a machine that does nothing else.']
      vitest.logger.error(failed('decide', 'any budget', `${found}${why}`, advice))
      process.exitCode = INCONCLUSIVE
    },
  }
}

function endsWith(test: TestCase, note: string): boolean {
  const result = test.result()
  return result.state === 'skipped' && result.note?.endsWith(note) === true
}

const isKept = (test: TestCase) => test.result().state === 'passed' && test.meta().budget?.verdict === 'pass'
