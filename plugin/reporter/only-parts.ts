import process from 'node:process'
import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { failed } from '../../src/ground/fault.ts'
import { hasName, mayHaveTags } from './nothing-ran.ts'

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
  if (modules.some(module => module.state() === 'failed') || isShare(vitest)) return false
  const tests = modules.flatMap(module => [...module.children.allTests()])
  const pattern = vitest.config.testNamePattern
  const tags = vitest.config.tagsFilter ?? []
  const asked = tests.filter(test => hasName(test, pattern) && mayHaveTags(test, tags))
  return asked.length > 0 && asked.every(test => test.meta().arazzoPart === true)
}

/** Whether it is one of the shards of everything: another one has the workflows that run the parts of this one. */
function isShare(vitest: Vitest): boolean {
  const { config } = vitest
  // Vitest has it, and its types do not tell.
  const { filenamePattern } = vitest as { filenamePattern?: readonly string[] }
  const isFiltered =
    (filenamePattern?.length ?? 0) > 0 || config.testNamePattern !== undefined || (config.tagsFilter?.length ?? 0) > 0
  return config.shard !== undefined && !isFiltered
}
