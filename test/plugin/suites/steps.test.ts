import { describe, expect, test } from 'vitest'
import { shared } from '../../builders/shared.ts'
import { servePets } from './pets.ts'
import { failuresOf, outlineOf, runSuite, treeOf } from './run-suite.ts'

async function run(suite: string, args: string[] = []) {
  const pets = await servePets()
  return { ...(await runSuite(suite, args, { PETS_API: pets.url })), requests: pets.requests }
}

const steps = shared(() => run('steps'))
const mishaps = shared(() => run('silent', ['--testTimeout', '200']))

/** Of a run of several files, what is of this one. */
const of = (file: string, { tree, output }: { tree: string; output: string }) => ({
  tree: treeOf(tree, file),
  failures: failuresOf(output, file),
})
const ranIn = (tree: string) => tree.split('\n').filter(line => /[✓×]/.test(line))

describe('workflows as suites, steps as tests', () => {
  test('the tree: what passed, failed, was tried again, and was not reached', async () => {
    const { tree } = of('pets.arazzo.yaml', await steps())
    expect(tree).toMatchInlineSnapshot(`
      "pets.arazzo.yaml
        all-well
          ✓ list
          ✓ open
        second-fails
          ✓ list
          × open (CriterionError)
          ↓ after [not reached: step "open" failed]
        tries-again
          ✓ busy
            warning:38: attempt 1: $statusCode == 200 is not met (503); tried again after 10 ms (wait)
            warning:38: attempt 2: $statusCode == 200 is not met (503); tried again after 10 ms (wait)
          ✓ list
        goes-elsewhere
          ✓ open
            warning:49: attempt 1: $statusCode == 200 is not met (404); went on to step "list" (fall-back)
          ↓ between [not reached: step "open" went on to step "list"]
          ✓ list
          ↓ never [not reached: step "list" ended the workflow]
        nested
          × call (CriterionError)"
    `)
    expect((await steps()).exitCode).toBe(1)
  })

  test('a failure shows the lines of the document, both values, the exchange and the operation', async () => {
    const { failures } = of('pets.arazzo.yaml', await steps())
    expect(failures).toMatchInlineSnapshot(`
      "FAIL  pets.arazzo.yaml > second-fails > open
      CriterionError: Failed to pass step "open": expected 200, received 404.

        GET http://127.0.0.1:PORT/pets/9
        HTTP 404
          content-type: application/json
          {"error":"no such pet"}

      - Expected
      + Received

        {
      -   "$statusCode": 200,
      +   "$statusCode": 404,
        }

       ❯ open > successCriteria[1] pets.arazzo.yaml:32:24
           30|         successCriteria:
           31|           - condition: $response.header.Content-Type == 'application/j…
           32|           - condition: $statusCode == 200
             |                        ^
           33|       - stepId: after
           34|         operationId: listPets
       ❯ second-fails > open pets.arazzo.yaml:26:9
       ❯ GET /pets/{id} openapi.yaml:11:5

      FAIL  pets.arazzo.yaml > nested > call
      CriterionError: Failed to pass step "call" > "open": expected 200, received 404.

        GET http://127.0.0.1:PORT/pets/9
        HTTP 404
          content-type: application/json
          {"error":"no such pet"}

      - Expected
      + Received

        {
      -   "$statusCode": 200,
      +   "$statusCode": 404,
        }

       ❯ open > successCriteria[1] pets.arazzo.yaml:32:24
           30|         successCriteria:
           31|           - condition: $response.header.Content-Type == 'application/j…
           32|           - condition: $statusCode == 200
             |                        ^
           33|       - stepId: after
           34|         operationId: listPets
       ❯ second-fails > open pets.arazzo.yaml:26:9
       ❯ GET /pets/{id} openapi.yaml:11:5
       ❯ nested > call pets.arazzo.yaml:68:9"
    `)
  })
})

describe('filters', () => {
  test('a line of a step runs that step and those before it that it needs, a line of a workflow all of it, a name a document', async () => {
    const { tree, requests, exitCode } = await run('steps', ['pets.arazzo.yaml:14', 'pets.arazzo.yaml:36', 'b.arazzo'])
    expect(ranIn(treeOf(tree, 'pets.arazzo.yaml'))).toEqual(['    ✓ open', '    ✓ busy', '    ✓ list'])
    expect(treeOf(tree, 'b.arazzo.yaml')).toMatchInlineSnapshot(`
      "b.arazzo.yaml
        in-yaml
          ✓ list"
    `)
    expect(tree).not.toMatch(/^[ac]\.arazzo|plain/m)
    const busy = Array(3).fill('GET /busy')
    expect(requests.sort()).toEqual([...busy, ...Array(3).fill('GET /pets'), 'GET /pets/1'])
    expect(exitCode).toBe(0)
  })

  test('a failure whose test was filtered out is not lost', async () => {
    const { tree, output, exitCode } = await run('steps', ['-t', 'after'])
    expect(ranIn(tree)).toEqual(['    × after (CriterionError)'])
    expect(output).toContain('Failed to pass step "open"')
    expect(exitCode).toBe(1)
  })
})

test("Vitest's retry runs a failed step's workflow again from its beginning; whatever the order of tests is, steps keep theirs, and run once", async () => {
  const order = ['--sequence.concurrent', '--sequence.shuffle.tests']
  const { tree, requests } = await run('steps', ['-t', 'second-fails|all-well', '--retry', '2', ...order])
  expect(tree).toContain(
    '    ✓ list\n    × open (CriterionError, CriterionError, CriterionError) (retry x2)\n    ↓ after',
  )
  expect(tree).toContain('  all-well\n    ✓ list\n    ✓ open\n')
  const tries = Array(3).fill('GET /pets/9')
  expect(requests.sort()).toEqual([...Array(4).fill('GET /pets'), 'GET /pets/1', ...tries])
})

test('.yaml, .yml and .json are documents, and tests of other kinds stay what they are', async () => {
  const { tree, output } = await steps()
  expect(tree.split('\npets.arazzo.yaml')[0]).toMatchInlineSnapshot(`
    "a.arazzo.yml
      in-yml
        ✓ list
    b.arazzo.yaml
      in-yaml
        ✓ list
    c.arazzo.json
      in-json
        × list (CriterionError)"
  `)
  expect(treeOf(tree, 'plain.test.ts')).toMatchInlineSnapshot(`
    "plain.test.ts
      ✓ the include of the project is kept"
  `)
  expect(outlineOf(failuresOf(output, 'c.arazzo.json'))).toMatchInlineSnapshot(`
    "FAIL  c.arazzo.json > in-json > list
    CriterionError: Failed to pass step "list": expected 204, received 200.
      GET http://127.0.0.1:PORT/pets
      HTTP 200
        content-type: application/json
        [{"id":"1","name":"Rex"},{"id":"2","name":"Tom"}]
     ❯ list > successCriteria[0] c.arazzo.json:12:47
     ❯ in-json > list c.arazzo.json:10:11
     ❯ GET /pets openapi.yaml:5:5"
  `)
})

test('a broken document fails as a whole, and each of its problems is shown', async () => {
  const { tree, failures } = of('shop.arazzo.yaml', await mishaps())
  expect(tree).toMatchInlineSnapshot(`
    "shop.arazzo.yaml
      ! ArazzoError: Failed to read shop.arazzo.yaml: 2 problems."
  `)
  expect(outlineOf(failures)).toMatchInlineSnapshot(`
    "FAIL  shop.arazzo.yaml [ shop.arazzo.yaml ]
    ArazzoError: Failed to read shop.arazzo.yaml: 2 problems.
      shop.arazzo.yaml:9:22 Failed to resolve operation "listPet": source "pets" has no such operationId. Did you mean "listPets"?
      shop.arazzo.yaml:13:42 Failed to resolve $steps.list.outputs.id: step "list" has no output "id". Add "id" to its \`outputs\`.
     ❯ undefined-operation shop.arazzo.yaml:9:22
     ❯ undefined-output shop.arazzo.yaml:13:42"
  `)
  expect((await mishaps()).exitCode).toBe(1)
})

test('a step that is never answered fails after testTimeout', async () => {
  const { tree, failures } = of('pets.arazzo.yaml', await mishaps())
  expect(tree).toMatchInlineSnapshot(`
    "pets.arazzo.yaml
      no-answer
        × silent (TimeoutError)
        ↓ after [not reached: step "silent" failed]"
  `)
  expect(outlineOf(failures)).toMatchInlineSnapshot(`
    "FAIL  pets.arazzo.yaml > no-answer > silent
    TimeoutError: Failed to pass step "silent": no response within 200 ms. Find out what the application waits for, or give it more time: the step's timeout, or that of x-vitest or Vitest's testTimeout.
      GET http://127.0.0.1:PORT/silent
      no response: not one byte of it had come
     ❯ silent pets.arazzo.yaml:8:9"
  `)
})

test('a workflow that cannot start fails once, and says why', async () => {
  const { tree, failures } = of('nowhere.arazzo.yaml', await mishaps())
  expect(tree).toMatchInlineSnapshot(`
    "nowhere.arazzo.yaml
      all-well
        × list (ArazzoError)
        ↓ open [not reached: the workflow could not start]"
  `)
  expect(outlineOf(failures)).toMatchInlineSnapshot(`
    "FAIL  nowhere.arazzo.yaml > all-well > list
    ArazzoError: Failed to find the server of source "nowhere": "/" is not an absolute http or https URL. Pass servers: { nowhere: 'http://127.0.0.1:PORT' }, or let the plugin start the application (server). For run and load: --server http://127.0.0.1:PORT.
     ❯ no-server nowhere.arazzo.yaml:8:9"
  `)
})
