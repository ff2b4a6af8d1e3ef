import { expect, test } from 'vitest'
import type { TestCase, TestModule, Vitest } from 'vitest/node'
import { nothingRan } from '../../../plugin/reporter/nothing-ran.ts'

/* What filters have left of a run, as the reporter is told of it; in runs of Vitest in verdicts/nothing-ran.test.ts. */

interface Told {
  pattern?: RegExp
  tags?: string[]
  passWithNoTests?: boolean
  file?: string
  state?: 'skipped' | 'passed'
}

/** What is said after a run of a document's one step and of a test with a tag, of which the step has this state. */
function told({ pattern, tags, passWithNoTests, file = 'flow.arazzo.yaml', state = 'skipped' }: Told) {
  const tests = [
    { fullName: 'flow > ask', tags: [], result: () => ({ state }) },
    { fullName: 'later', tags: ['slow'], result: () => ({ state: 'skipped' }) },
  ] as unknown as TestCase[]
  const modules = [{ moduleId: file, children: { allTests: () => tests } }] as unknown as TestModule[]
  const config = { passWithNoTests, tagsFilter: tags }
  const vitest = { config, getGlobalTestNamePattern: () => pattern } as unknown as Vitest
  return nothingRan(vitest, modules, name => name.endsWith('.arazzo.yaml'))
}

test.each<[string, Told, string]>([
  ['a name', { pattern: /flwo/ }, 'none of 2 has a name that matches /flwo/. Did you mean "flow"?'],
  ['a tag', { tags: ['fast'] }, 'none of 2 has the tags "fast". Correct --tagsFilter. There is "slow".'],
  ['a tag for loads alone', { tags: ['load'] }, 'none of 2 has the tags "load"'],
  ['one tag of two', { tags: ['slow', 'fast'] }, 'none of 2 has the tags "slow", "fast"'],
  ['both', { pattern: /flow/, tags: ['slow'] }, 'none of 2 has a name that matches /flow/ and the tags "slow"'],
])('no test has %s: said', (_, run, message) => {
  expect(told(run)).toContain(`Failed to run any test: ${message}`)
})

test.each<[string, Told]>([
  ['a filter leaves one that is skipped', { pattern: /later/ }],
  ['a filter leaves one that is skipped, by its full name', { pattern: /flow.*ask/ }],
  ['a filter leaves one that is skipped, by words between which Vitest has a space', { pattern: /flow ask/ }],
  ['a tag leaves one that is skipped', { tags: ['sl*'] }],
  ['an expression may leave one', { tags: ['fast or slow'] }],
  ['tags that are not wanted may leave one', { tags: ['!slow'] }],
  ['nothing is to pass', { pattern: /nope/, passWithNoTests: true }],
  ['there was no filter', {}],
  ['one of the tests ran', { pattern: /other/, state: 'passed' }],
  ['no file is a document', { pattern: /nope/, file: 'flow.test.ts' }],
])('%s: nothing is said', (_, run) => {
  expect(told(run)).toBeUndefined()
})
