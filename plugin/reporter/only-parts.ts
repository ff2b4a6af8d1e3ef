import process from 'node:process'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import { failed } from '../../src/errors.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** The test only says that a workflow is run by others. */
    arazzoPart?: boolean
  }
}

/** Fails a run in which every test that was asked for stands for a workflow that others run: nothing ran. */
export function failOnlyParts(vitest: Vitest): Reporter {
  return {
    onTestRunEnd(modules, errors) {
      if (errors.length > 0 || vitest.config.passWithNoTests || !areAllParts(modules, vitest)) return
      const found = 'all workflows that were asked for are only run by others'
      const advice =
        'Run the documents that run them as well, or give them inputs of their own: `x-vitest: { inputs: ... }`.'
      vitest.logger.error(failed('run', 'a workflow', found, advice))
      process.exitCode = 1
    },
  }
}

function areAllParts(modules: readonly TestModule[], vitest: Vitest): boolean {
  if (modules.some(module => module.state() === 'failed')) return false
  const tests = modules.flatMap(module => [...module.children.allTests()])
  const pattern = vitest.config.testNamePattern
  // Tags leave tests out, too, and what they left out cannot be told from what is skipped.
  if ((vitest.config.tagsFilter?.length ?? 0) > 0) return false
  const asked = tests.filter(test => pattern === undefined || namesOf(test).some(name => pattern.test(name)))
  return asked.length > 0 && asked.every(test => test.meta().arazzoPart === true)
}

/** Names that Vitest may match: by version, they are joined by a blank or by ` > `. */
function namesOf({ fullName }: TestCase): string[] {
  return [fullName.replaceAll(' > ', ' '), fullName]
}
