import type { TestCase, TestModule, Vitest } from 'vitest/node'
import { suggestion } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { quoted } from '../../src/ground/words.ts'

/**
 * Says what is wrong with a run in which filters have left no test at all, though some of its files are documents:
 * Vitest calls it passed. That those which a filter finds are skipped by who wrote them is their affair.
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
  if (named.some(test => mayHaveTags(test, tags))) return undefined
  const which = [pattern && `a name that matches ${pattern}`, tags.length > 0 && `the tags ${quoted(tags)}`]
  const advice = named.length === 0 ? nameAdvice(pattern!, tests) : tagAdvice(tests)
  return failed('run', 'any test', `none of ${tests.length} has ${which.filter(Boolean).join(' and ')}`, advice)
}

/** Whether a test is one of those that a pattern asks for. */
export function hasName({ fullName }: TestCase, pattern: RegExp | undefined): boolean {
  // Vitest 4 joins the names of suites and test by a space for this.
  return pattern === undefined || pattern.test(fullName) || pattern.test(fullName.replaceAll(' > ', ' '))
}

/** Exact but for expressions: a test that has one of the tags named may have what they ask for. */
export function mayHaveTags({ tags }: TestCase, filters: readonly string[]): boolean {
  return filters.every(filter => {
    if (/!|\bnot\b/i.test(filter)) return true
    const asked = filter.split(/[\s()&|]+|\b(?:and|or)\b/i).filter(Boolean)
    return asked.some(tag =>
      tags.some(name => (tag.includes('*') ? name.startsWith(tag.split('*', 1)[0]!) : name === tag)),
    )
  })
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
