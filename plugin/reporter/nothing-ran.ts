import process from 'node:process'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import { suggestion } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { quoted } from '../../src/ground/words.ts'
import { mayHaveTags } from '../tags.ts'

/**
 * Error for a run whose filters left no test although documents are among its files: Vitest calls it passed. Tests that
 * their authors skip are not checked.
 */
export function nothingRan(
  vitest: Vitest,
  modules: readonly TestModule[],
  isDocument: (file: string) => boolean,
): string | undefined {
  if (vitest.config.passWithNoTests || !modules.some(({ moduleId }) => isDocument(moduleId))) return undefined
  const tests = modules.flatMap(module => [...module.children.allTests()])
  // Files of which no test came to be are red by themselves: empty ones, faulty ones, and all of them when a filter is
  // faulty.
  if (tests.length === 0) return undefined
  if (tests.some(test => test.result().state !== 'skipped')) return undefined
  const pattern = vitest.getGlobalTestNamePattern()
  const tags: readonly string[] = vitest.config.tagsFilter ?? []
  if (pattern === undefined && tags.length === 0) return undefined
  const named = tests.filter(test => hasName(test, pattern))
  if (named.some(test => mayHaveTags(test.tags, tags))) return undefined
  const which = [pattern && `a name that matches ${pattern}`, tags.length > 0 && `the tags ${quoted(tags)}`]
  const advice = named.length === 0 ? nameAdvice(pattern!, tests) : tagAdvice(tests)
  return failed('run', 'any test', `none of ${tests.length} has ${which.filter(Boolean).join(' and ')}`, advice)
}

/** Whether a pattern selects the test. */
function hasName({ fullName }: TestCase, pattern: RegExp | undefined): boolean {
  // Vitest 4 joins the names of suites and test by a space for this.
  return pattern === undefined || pattern.test(fullName) || pattern.test(fullName.replaceAll(' > ', ' '))
}

function nameAdvice({ source }: RegExp, tests: readonly TestCase[]): string {
  const names = new Set(tests.flatMap(test => test.fullName.split(' > ')))
  return suggestion(source, names) ?? 'Correct --testNamePattern.'
}

function tagAdvice(tests: readonly TestCase[]): string {
  const tags = [...new Set(tests.flatMap(test => test.tags))]
  const there = tags.length > 0 ? `There is ${quoted(tags)}.` : 'No test has a tag.'
  return `Correct --tagsFilter. ${there}`
}

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
  const asked = tests.filter(test => hasName(test, pattern) && mayHaveTags(test.tags, tags))
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
