import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseYaml } from '../../src/document/file/yaml.ts'
import { readArazzo } from '../../src/document/read.ts'
import { describeEach, describeProblems, didYouMean, type Problem } from '../../src/ground/errors.ts'
import { growthOf } from '../growth.ts'
import { folderOf, problemsOf } from './reading.ts'

/** Between linear (1) and quadratic (2): fixed costs make small sizes look cheaper, never dearer. */
const WELL_BELOW_QUADRATIC = 1.6

const API = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'api', version: '1' },
  paths: { '/a': { get: { operationId: 'a', responses: { default: { description: 'any' } } } } },
})

const HEAD = (version: string) => `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.json, type: openapi }]
`

const repeat = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('')

const stepOf = (index: number, more = '') =>
  `      - { stepId: s${index}, operationId: a, outputs: { x: $statusCode }${more} }\n`

const steps = (count: number, more: (index: number) => string) =>
  `workflows:\n  - workflowId: w\n    steps:\n${repeat(count, index => stepOf(index, index > 0 ? more(index) : ''))}`

const reads = (stepId: string) => `, parameters: [{ name: X-A, in: header, value: $steps.${stepId}.outputs.x }]`

/** Reads a document of the size that is asked for; another each time, as what was parsed is remembered. */
const reading = (textOf: (size: number) => string) => (size: number) => {
  const folder = folderOf({ 'api.json': API })
  const [file, text] = [join(folder, 'main.yaml'), textOf(size)]
  let time = 0
  return () => {
    writeFileSync(file, `# ${time++}\n${text}`)
    return readArazzo(file)
  }
}

const growing: readonly [what: string, small: number, textOf: (size: number) => string][] = [
  ['keys of a mapping', 1_000, size => `${HEAD('1.0.1')}x-map:\n${repeat(size, i => `  k${i}: ${i}\n`)}`],
  [
    'properties of inputs',
    500,
    size =>
      `${HEAD('1.0.1')}workflows:\n  - workflowId: w\n    inputs:\n      type: object\n      properties:\n` +
      `${repeat(size, i => `        k${i}: { type: string }\n`)}    steps:\n${stepOf(0)}`,
  ],
  ['fields that are unknown', 500, size => HEAD('1.0.1') + repeat(size, i => `k${i}: 1\n`)],
  ['syntax errors', 500, size => HEAD('1.0.1') + repeat(size, i => `k${i}: @a\n`)],
  ['keys that stand twice', 500, size => HEAD('1.0.1') + repeat(size, () => 'x-a: 1\n')],
  ['merge keys', 500, size => `${HEAD('1.0.1')}x-a: &a { a: 1 }\nx-b:\n${repeat(size, () => '  <<: *a\n')}`],
  ['steps that each read the one before', 200, size => HEAD('1.0.1') + steps(size, i => reads(`s${i - 1}`))],
  [
    'steps that each depend on the one before',
    200,
    size => HEAD('1.1.0') + steps(size, i => `, dependsOn: [s${i - 1}]${reads(`s${i - 1}`)}`),
  ],
  [
    'steps that wait for one another in a circle',
    200,
    size => HEAD('1.1.0') + steps(size, i => `, dependsOn: [s${(i % (size - 1)) + 1}]`),
  ],
  [
    'workflows that each depend on the one before',
    200,
    size =>
      `${HEAD('1.0.1')}workflows:\n${repeat(
        size,
        i => `  - workflowId: w${i}\n${i > 0 ? `    dependsOn: [w${i - 1}]\n` : ''}    steps:\n${stepOf(i)}`,
      )}`,
  ],
]

describe('the time to read a document grows with', () => {
  test.for(growing)('%s, not with their square', async ([, small, textOf]) => {
    expect(await growthOf(small, reading(textOf))).toBeLessThan(WELL_BELOW_QUADRATIC)
  })
})

describe('problems', () => {
  const many = (count: number, file: string): Problem[] =>
    Array.from({ length: count }, (_, index) => ({
      code: 'invalid-yaml',
      severity: index < count - 1 ? 'warning' : 'error',
      message: `Failed to read it: number ${index}.`,
      at: { file, line: index + 1, column: 1 },
    }))

  test('are described in a time that grows with their number', async () => {
    const growth = await growthOf(500, size => {
      const folder = folderOf({ 'a.yaml': repeat(size, i => `k${i}: 1\n`) })
      const problems = many(size, join(folder, 'a.yaml'))
      return () => describeEach(problems)
    })
    expect(growth).toBeLessThan(WELL_BELOW_QUADRATIC)
  })

  test('of more than 200 the errors are described, and the others counted', () => {
    const folder = folderOf({})
    const file = join(folder, 'a.yaml')
    writeFileSync(file, 'a: 1\n')
    const text = describeProblems(many(1_000, file))
    expect(text).toMatch(/^1000 problems\n/)
    expect(text).toContain('number 999.')
    expect(text).toContain('number 198.')
    expect(text).not.toContain('number 199.')
    expect(text).toMatch(/\n\nand 800 more problems, not shown$/)
  })

  test('compare a name with 2,000 candidates at most', () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `name-${index}-x`)
    expect(didYouMean('name-1500-y', names)).toBe('name-1500-x')
    expect(didYouMean('name-2500-y', [...names.slice(0, 1), ...names.slice(2_000)])).toBe('name-2500-x')
    expect(didYouMean('zzzz', [...names, 'zzzy'])).toBeUndefined()
  })
})

test('a workflow of more than 10,000 steps is refused', async () => {
  // JSON, of which so much is read in no time.
  const steps = Array.from({ length: 10_001 }, (_, i) => ({ stepId: `s${i}`, operationId: 'a' }))
  const head = {
    arazzo: '1.0.1',
    info: { title: 'test', version: '1' },
    sourceDescriptions: [{ name: 'api', url: './api.json', type: 'openapi' }],
  }
  const main = `${JSON.stringify(head).slice(0, -1)},\n"workflows": [${JSON.stringify({ workflowId: 'w', steps })}]}`
  const found = await problemsOf({ 'api.json': API, 'main.yaml': main })
  expect(found).toMatchInlineSnapshot(
    `"main.yaml:2:33 error invalid-value: Failed to read workflow "w": it has 10,001 steps, and no more than 10,000 are read. Make workflows of its parts, and run them by \`workflowId\`."`,
  )
})

test('documents over one large description share what was parsed of it', async () => {
  const description = 'x'.repeat(5_000_000)
  const text = API.replace('"responses"', `"description": "${description}", "responses"`)
  const main = `${HEAD('1.0.1')}workflows:\n  - workflowId: w\n    steps:\n${stepOf(0)}`
  const folder = folderOf({ 'api.json': text, 'a.yaml': main, 'b.yaml': main, 'c.yaml': main })
  const roots = new Set<unknown>()
  for (const name of ['a.yaml', 'b.yaml', 'c.yaml']) {
    const { document } = await readArazzo(join(folder, name))
    const { api } = document!.sources
    roots.add(api?.type === 'openapi' ? api.openapi.documents[api.openapi.file] : name)
  }
  expect(roots.size).toBe(1)
})

test('a key that stands twice is told of beside other faults of the text', () => {
  const { faults } = parseYaml('a: 1\nb: { c: 1, c: 2 }\na: 2\nd: @x\n', () => {})
  expect(faults.map(({ offset, found }) => `${offset} ${found}`)).toEqual([
    '16 the mapping has this key already',
    '23 the mapping has this key already',
    '31 plain value cannot start with reserved character @',
  ])
})

test('a circle of many steps is told of at the first hundred, each in a line', async () => {
  const main = HEAD('1.1.0') + steps(300, i => `, dependsOn: [s${(i % 299) + 1}]`)
  const found = (await problemsOf({ 'api.json': API, 'main.yaml': main })).split('\n')
  const circles = found.filter(line => line.includes('cyclic-depends-on'))
  expect(circles).toHaveLength(100)
  expect(Math.max(...circles.map(line => line.length))).toBeLessThan(300)
  expect(circles[0]).toContain('(288 more)')
})
