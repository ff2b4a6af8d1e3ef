import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { arazzo, openapi, project } from '../builders/project.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { servePets } from '../plugin/suites/pets.ts'
import { askCli } from './cli.ts'

// A command may be the first of its process.
const suites = fileURLToPath(new URL('../../fixtures/suites', import.meta.url))

const built = await builtPlugin()

async function run(workflowId: string, ...flags: string[]) {
  const pets = await servePets()
  const args = ['run', `pets.arazzo.yaml#${workflowId}`, '--server', pets.url, ...flags]
  const said = await askCli(built, args, `${suites}/x-vitest`)
  const lines = said.stdout.split('\n').filter(line => /^[✓✗]/.test(line))
  return { ...said, lines, requests: pets.requests }
}

test('the inputs of x-vitest are those of a run, and flags come before them', async () => {
  expect((await run('get')).requests).toEqual(['GET /pets/1'])
  expect((await run('get', '--input', 'id=9')).requests).toEqual(['GET /pets/9'])
})

test('rows are runs of their own', async () => {
  const { code, lines, requests } = await run('of-a-list')
  expect(lines).toEqual(['✓ of-a-list (pet 1) passed', expect.stringMatching(/^✗ of-a-list \(pet 9\) failed: /)])
  expect(requests).toEqual(['GET /pets/1', 'GET /pets/9'])
  expect(code).toBe(1)
  const { stdout } = await run('of-a-list', '--json')
  expect(JSON.parse(stdout)).toMatchObject([{ state: 'passed' }, { state: 'failed' }])
})

test('retry runs a failed workflow once more from its beginning, and says so', async () => {
  const { code, lines, requests } = await run('third-time')
  expect(lines).toEqual(['✓ third-time (retry x2) passed'])
  expect(requests).toEqual(['GET /pets', 'GET /busy', 'GET /pets', 'GET /busy', 'GET /pets', 'GET /busy'])
  expect(code).toBe(0)
})

test('timeout ends a run that keeps silent', async () => {
  const { code, lines } = await run('silent')
  expect(lines).toEqual(['✗ silent failed: no response within 100 ms'])
  expect(code).toBe(1)
})

test('validate lists the workflows that are not run by themselves', async () => {
  const said = await askCli(built, ['validate'], `${suites}/parts`)
  expect(said.stdout).toMatchInlineSnapshot(`
    "library.arazzo.yaml:6:5: "visit" is not run by itself: part of "shop.arazzo.yaml#look", with input "id"
    shop.arazzo.yaml:21:5: "open-by-id" is not run by itself: part of "look", with input "id"
    shop.arazzo.yaml:30:5: "get-pet" is not run by itself: part of "open-by-id", with input "id"
    3 documents, 0 errors, 0 warnings, 3 parts
    "
  `)
  expect(said.code).toBe(0)
})

test('validate checks x-vitest', async () => {
  const said = await askCli(built, ['validate', 'pets.arazzo.yaml'], `${suites}/x-vitest`)
  expect(said).toEqual({ code: 0, stdout: '1 document, 0 errors, 0 warnings\n', stderr: '' })
})

test('a slip in what a document says of event streams, steps at the same time and hooks is red at its place', async () => {
  const step = (events: string) => `
  - workflowId: w
    WORDS
    steps: [{ stepId: s, operationId: a, x-events: { ${events} }, successCriteria: [{ condition: $statusCode == 200 }] }]
    x-load-test: { vus: 1, iterations: 1, budgets: { firstEvents: 1s, eventRate: 1, firstEvent: { p99: -1 } } }
`
  const document = (words: string, events: string) =>
    arazzo(
      step(events).replace('WORDS', words),
      'x-vitest: { setup: { runn: "#w" }, teardown: { iteration: "#x" } }',
    ).replace(/^arazzo: .*/, 'arazzo: 1.1.0')
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'read.arazzo.yaml': document('x-vitest: { parallel: maybe }', 'untill: [], most: 0, within: 1 parsec'),
    'told.arazzo.yaml': document('x-vitest: { paralel: true }', 'most: 2'),
  })
  const { code, stdout } = await askCli(built, ['validate', 'read.arazzo.yaml', 'told.arazzo.yaml'], folder)
  const found = stdout.match(/^\w+\.arazzo\.yaml:\d+:\d+: .*$/gm)?.map(line => line.replace(/:\d+:\d+:/, ':'))
  expect(code, 'what cannot be read').toBe(2)
  expect(found).toEqual([
    expect.stringMatching(/^read.*x-vitest.parallel/),
    expect.stringMatching(/^read.*"untill".*Did you mean "until"\?/),
    expect.stringMatching(/^read.*"most".*0 is not/),
    expect.stringMatching(/^read.*"within".*"parsec" is not a unit/),
    expect.stringMatching(/^told.*setup\.runn.*Did you mean "run"\?/),
    expect.stringMatching(/^told.*paralel.*Did you mean "parallel"\?/),
    expect.stringMatching(/^told.*has no workflow "x"/),
    expect.stringMatching(/^told.*firstEvents.*Did you mean "firstEvent"\?/),
    expect.stringMatching(/^told.*eventRate.*Did you mean "eventsRate"\?/),
    expect.stringMatching(/^told.*firstEvent\.p99.*negative/),
  ])
})
