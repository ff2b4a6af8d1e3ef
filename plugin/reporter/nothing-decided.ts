import process from 'node:process'
import type { Reporter, TestCase, Vitest } from 'vitest/node'
import { failed } from '../../src/ground/fault.ts'
import { counted } from '../../src/ground/words.ts'
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
      const open = tests.filter(isLeftOpen).length
      if (open === 0 || tests.some(isKept)) return
      const found = `${counted(open, 'budget')} undecided, none kept`
      vitest.logger.error(failed('decide', 'any budget', found, 'Run it again, on a machine that does nothing else.'))
      process.exitCode = INCONCLUSIVE
    },
  }
}

const isKept = (test: TestCase) => test.result().state === 'passed' && test.meta().budget?.verdict === 'pass'
