import type { TestModule, Vitest } from 'vitest/node'
import { failed } from '../../src/ground/fault.ts'
import { whyIdle } from '../../src/load/suites/clean-ups.ts'
import type {} from '../runtime/document-suite.ts'

/**
 * What is wrong with clean-ups of the plugin's options: in a run of everything, of which every test passed, they were
 * left out each time. Of a run that is a part of that nobody knows.
 */
export function idleCleanUps(vitest: Vitest, modules: readonly TestModule[]): string[] {
  // Vitest has it, and its types do not tell.
  const { filenamePattern = [] } = vitest as { filenamePattern?: readonly string[] }
  const { shard, related, changed, watch } = vitest.config
  if (filenamePattern.length > 0 || shard || related || changed || watch || !modules.every(hasRunAll)) return []
  const found = new Map<string, { name: string; hasRun: boolean; missing: Set<string> }>()
  for (const module of modules)
    for (const { name, hasRun, missing } of module.meta().arazzoCleanUps ?? []) {
      const key = [module.project.name, name].join('\n')
      const known = found.get(key) ?? { name, hasRun: false, missing: new Set() }
      for (const one of missing) known.missing.add(one)
      found.set(key, { ...known, hasRun: known.hasRun || hasRun })
    }
  return [...found.values()]
    .filter(({ hasRun, missing }) => !hasRun && missing.size > 0)
    .map(({ name, missing }) =>
      failed('clean up', `with ${name} of the plugin's options`, whyIdle([...missing]), ADVICE),
    )
}

const ADVICE = 'Let the workflows that make something have outputs of these names, or remove it.'

/** Whether each test of a file passed, but for those that only say that a workflow is run by others. */
function hasRunAll(module: TestModule): boolean {
  const tests = [...module.children.allTests()]
  return tests.every(test => test.meta().arazzoPart === true || test.result().state === 'passed')
}
