import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shared } from '../../builders/shared.ts'
import { servePets } from './pets.ts'
import { copySuite, failuresOf, outlineOf, runSuite, treeOf } from './run-suite.ts'

/** A copy of the suite with more documents: the one of it, with something else in it. */
async function suiteWith(documents: readonly (readonly [name: string, from: string, to: string])[]): Promise<string> {
  const folder = await copySuite('x-vitest')
  const text = readFileSync(join(folder, 'pets.arazzo.yaml'), 'utf8')
  for (const [name, from, to] of documents) {
    if (!text.includes(from)) throw new Error(`there is no ${from}`)
    writeFileSync(join(folder, `${name}.arazzo.yaml`), text.replace(from, to))
  }
  writeFileSync(join(folder, 'empty.jsonl'), '\n')
  return folder
}

/** The API is busy two times out of three, whoever asks. */
const oneAfterAnother = ['--no-file-parallelism']

const slips: [name: string, from: string, to: string][] = [
  ['tags', '[slow]', '[slo, other]'],
  [
    'keys',
    '{ retry: 2, tags: [slow] }',
    '{ retrys: 1, skip: yes please, tags: [1], timeout: 3 parsecs, retry: -1, inputs: [] }',
  ],
  ['no-file', 'rows: ./pets.csv', 'rows: ./none.csv'],
  ['no-format', 'rows: ./pets.csv', 'rows: ./pets.arazzo.yaml'],
  ['no-lines', 'rows: ./pets.csv', 'rows: ./empty.jsonl'],
  ['no-column', 'rows: ./pets.csv', 'rows: ./pets.csv, name: $di'],
  ['no-list', 'rows: ./pets.csv', 'rows: 5, order: random'],
  ['no-row', 'rows: ./pets.csv', 'rows: [1, { id: { env: ID } }]'],
  ['each', 'inputs: { rows: ./pets.csv }', 'each: ./pets.csv'],
]

/** One run of the suite, with a document for each slip. */
const whole = shared(async () => {
  const pets = await servePets()
  return runSuite(await suiteWith(slips), oneAfterAnother, { PETS_API: pets.url })
})

const passedOf = (tree: string) => tree.split('\n').filter(line => line.includes('✓'))
const slow = ['    ✓ list', '    ✓ busy (CriterionError, CriterionError) (retry x2)']

test('skip, tags, inputs, rows, timeout and retry', async () => {
  const { tree, output } = await whole()
  expect(treeOf(tree, 'pets.arazzo.yaml')).toMatchInlineSnapshot(`
    "pets.arazzo.yaml
      get
        ✓ get
      not-today
        ↓ list
      third-time
        ✓ list
        ✓ busy (CriterionError, CriterionError) (retry x2)
      silent
        × wait (TimeoutError)
      of-a-list (pet 1)
        ✓ get
      of-a-list (pet 9)
        × get (CriterionError)
      of-a-file (row 1)
        ✓ list
        ✓ get
      of-a-file (row 2)
        × list (ArazzoError)
        ↓ get [not reached: the workflow could not start]"
  `)
  expect(failuresOf(output, 'pets.arazzo.yaml')).toContain('no response within')
})

test('tags choose suites; their load tests have their inputs, and take turns at the rows', async () => {
  const twice = "{ inputs: { rows: [{ id: '1' }, { id: '1', limit: 2 }] }, tags: slow }"
  const load = 'x-load-test: { vus: 1, iterations: 4, budgets: { errorRate: 0 } }'
  const list = "{ inputs: { rows: [{ id: '1' }, { id: '9' }], name: pet $id } }"
  const folder = await suiteWith([['rows', list, `${twice}\n    ${load}`]])
  const pets = await servePets()
  const args = ['--tags-filter=slow', ...oneAfterAnother]
  const { tree } = await runSuite(folder, args, { PETS_API: pets.url })
  expect(passedOf(treeOf(tree, 'pets.arazzo.yaml'))).toEqual(slow)
  expect(passedOf(treeOf(tree, 'rows.arazzo.yaml'))).toEqual([
    ...slow,
    ...[
      '    ✓ get',
      '    ✓ get',
      '      ✓ 1 virtual user, 4 iterations each',
      '      ✓ budget: errorRate',
      '      ✓ budget: resent',
    ],
  ])
  expect(pets.requests.filter(request => request.startsWith('GET /pets/'))).toEqual(Array(6).fill('GET /pets/1'))
})

test('documents with slips fail, each as a whole', async () => {
  const { tree, exitCode } = await whole()
  for (const [name] of slips) {
    const [first, ...lines] = treeOf(tree, `${name}.arazzo.yaml`).split('\n')
    expect(first).toBe(`${name}.arazzo.yaml`)
    expect(lines).toEqual([expect.stringMatching(/^ {2}! ArazzoError: /)])
  }
  expect(exitCode).toBe(1)
})

test('a tag that Vitest does not know fails the document, at its place', async () => {
  expect(outlineOf(failuresOf((await whole()).output, 'tags.arazzo.yaml'))).toMatchInlineSnapshot(`
    "FAIL  tags.arazzo.yaml [ tags.arazzo.yaml ]
    ArazzoError: Failed to read tags.arazzo.yaml: 2 problems.
      tags.arazzo.yaml:30:34 Failed to read x-vitest.tags: Vitest's configuration declares no tag "slo". Did you mean "slow"? Otherwise declare it.
      tags.arazzo.yaml:30:39 Failed to read x-vitest.tags: Vitest's configuration declares no tag "other". Declare it: test: { tags: [{ name: "other" }] }.
     ❯ invalid-suite tags.arazzo.yaml:30:34
     ❯ invalid-suite tags.arazzo.yaml:30:39"
  `)
})

test('every key is checked, at its place, all at once', async () => {
  expect(outlineOf(failuresOf((await whole()).output, 'keys.arazzo.yaml'))).toMatchInlineSnapshot(`
    "FAIL  keys.arazzo.yaml [ keys.arazzo.yaml ]
    ArazzoError: Failed to read keys.arazzo.yaml: 6 problems.
      keys.arazzo.yaml:30:25 Failed to read x-vitest.retrys: there is no such key. Did you mean "retry"?
      keys.arazzo.yaml:30:34 Failed to read x-vitest.skip: "yes please" is neither true nor false.
      keys.arazzo.yaml:30:53 Failed to read x-vitest.tags: 1 is not the name of a tag. Write names: [smoke, slow].
      keys.arazzo.yaml:30:66 Failed to read x-vitest.timeout: "3 parsecs": "parsecs" is not a unit of time. Write milliseconds as a number, or text such as 'TIME', 'TIME', '1m30s', '1h' or '250us'.
      keys.arazzo.yaml:30:84 Failed to read x-vitest.retry: -1 is not a whole number of at least 0.
      keys.arazzo.yaml:30:96 Failed to read x-vitest.inputs: a list is not an object. Write names and values, or where rows are: { rows: './users.csv' }.
     ❯ invalid-suite keys.arazzo.yaml:30:25
     ❯ invalid-suite keys.arazzo.yaml:30:34
     ❯ invalid-suite keys.arazzo.yaml:30:53
     ❯ invalid-suite keys.arazzo.yaml:30:66
     ❯ invalid-suite keys.arazzo.yaml:30:84
     ❯ invalid-suite keys.arazzo.yaml:30:96"
  `)
})

test.each(slips.slice(2))('rows that are none: %s, %s as %s', async name => {
  const failures = failuresOf((await whole()).output, `${name}.arazzo.yaml`)
  expect(failures.split('\n').slice(1, 4)).toMatchSnapshot()
})
