import { describe, expect, test } from 'vitest'
import { shared } from '../../builders/shared.ts'
import { servePets } from './pets.ts'
import { failuresIn, runSuite } from './run-suite.ts'

async function run(suite: string, args: string[] = []) {
  const pets = await servePets()
  return { ...(await runSuite(suite, args, { PETS_API: pets.url })), requests: pets.requests }
}

const steps = shared(() => run('steps'))

describe('workflows as suites, steps as tests', () => {
  test('the tree: what passed, failed, was tried again, and was not reached', async () => {
    const { tree, exitCode } = await steps()
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
    expect(exitCode).toBe(1)
  })

  test('a failure shows the lines of the document, both values, the exchange and the operation', async () => {
    const { output } = await steps()
    expect(failuresIn(output)).toMatchInlineSnapshot(`
      "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 2 ⎯⎯⎯⎯⎯⎯⎯

       FAIL  pets.arazzo.yaml > second-fails > open
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

      ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/2]⎯

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
       ❯ nested > call pets.arazzo.yaml:68:9

      ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[2/2]⎯"
    `)
  })
})

describe('filters', () => {
  test('a line of a step runs that step, and those before it that it needs', async () => {
    const { tree, requests, exitCode } = await run('steps', ['pets.arazzo.yaml:14'])
    expect(tree.split('\n').filter(line => /[✓×]/.test(line))).toEqual(['    ✓ open'])
    expect(requests).toEqual(['GET /pets', 'GET /pets/1'])
    expect(exitCode).toBe(0)
  })

  test('a line of a workflow runs all of it', async () => {
    const { tree } = await run('steps', ['pets.arazzo.yaml:36'])
    expect(tree.split('\n').filter(line => /[✓×]/.test(line))).toEqual(['    ✓ busy', '    ✓ list'])
  })

  test('a failure whose test was filtered out is not lost', async () => {
    const { tree, output, exitCode } = await run('steps', ['-t', 'after'])
    expect(tree.split('\n').filter(line => /[✓×]/.test(line))).toEqual(['    × after (CriterionError)'])
    expect(output).toContain('Failed to pass step "open"')
    expect(exitCode).toBe(1)
  })

  test('a document by name', async () => {
    const { tree } = await run('formats', ['b.arazzo'])
    expect(tree).toMatchInlineSnapshot(`
      "b.arazzo.yaml
        in-yaml
          ✓ list"
    `)
  })
})

test("Vitest's retry runs a failed step's workflow again, from its beginning", async () => {
  const { tree, requests } = await run('steps', ['-t', 'second-fails', '--retry', '2'])
  expect(tree).toContain('× open (CriterionError, CriterionError, CriterionError) (retry x2)')
  expect(requests).toEqual(Array(3).fill(['GET /pets', 'GET /pets/9']).flat())
})

test('steps keep their order, whatever the order of tests is, and run once', async () => {
  const { tree, requests } = await run('steps', ['--sequence.concurrent', '--sequence.shuffle.tests', '-t', 'all-well'])
  expect(tree).toContain('  all-well\n    ✓ list\n    ✓ open\n')
  expect(requests).toEqual(['GET /pets', 'GET /pets/1'])
})

test('.yaml, .yml and .json are documents, and tests of other kinds stay what they are', async () => {
  const { tree, output } = await run('formats')
  expect(tree).toMatchInlineSnapshot(`
    "a.arazzo.yml
      in-yml
        ✓ list
    b.arazzo.yaml
      in-yaml
        ✓ list
    c.arazzo.json
      in-json
        × list (CriterionError)
    plain.test.ts
      ✓ the include of the project is kept"
  `)
  expect(failuresIn(output)).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

     FAIL  c.arazzo.json > in-json > list
    CriterionError: Failed to pass step "list": expected 204, received 200.

      GET http://127.0.0.1:PORT/pets
      HTTP 200
        content-type: application/json
        [{"id":"1","name":"Rex"},{"id":"2","name":"Tom"}]

    - Expected
    + Received

      {
    -   "$statusCode": 204,
    +   "$statusCode": 200,
      }

     ❯ list > successCriteria[0] c.arazzo.json:12:47
         10|           "stepId": "list",
         11|           "operationId": "listPets",
         12|           "successCriteria": [{ "condition": "$statusCode == 204" }]
           |                                               ^
         13|         }
         14|       ]
     ❯ in-json > list c.arazzo.json:10:11
     ❯ GET /pets openapi.yaml:5:5

    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯"
  `)
})

test('a broken document fails as a whole, and each of its problems is shown', async () => {
  const { tree, output, exitCode } = await run('broken')
  expect(tree).toMatchInlineSnapshot(`
    "shop.arazzo.yaml
      ! ArazzoError: Failed to read shop.arazzo.yaml: 2 problems."
  `)
  expect(failuresIn(output)).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

     FAIL  shop.arazzo.yaml [ shop.arazzo.yaml ]
    ArazzoError: Failed to read shop.arazzo.yaml: 2 problems.
      shop.arazzo.yaml:9:22 Failed to resolve operation "listPet": source "pets" has no such operationId. Did you mean "listPets"?
      shop.arazzo.yaml:13:42 Failed to resolve $steps.list.outputs.id: step "list" has no output "id". Add "id" to its \`outputs\`.
     ❯ undefined-operation shop.arazzo.yaml:9:22
          7|     steps:
          8|       - stepId: list
          9|         operationId: listPet
           |                      ^
         10|       - stepId: open
         11|         operationId: getPet
     ❯ undefined-output shop.arazzo.yaml:13:42

    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯"
  `)
  expect(exitCode).toBe(1)
})

test('a step that is never answered fails after testTimeout', async () => {
  const { tree, output } = await run('silent', ['--testTimeout', '200'])
  expect(tree).toMatchInlineSnapshot(`
    "pets.arazzo.yaml
      no-answer
        × silent (TimeoutError)
        ↓ after [not reached: step "silent" failed]"
  `)
  expect(failuresIn(output)).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

     FAIL  pets.arazzo.yaml > no-answer > silent
    TimeoutError: Failed to pass step "silent": no response within 200 ms. Find out what the application waits for, or give it more time: the step's timeout, or that of x-vitest or Vitest's testTimeout.

      GET http://127.0.0.1:PORT/silent
      no response: not one byte of it had come
     ❯ silent pets.arazzo.yaml:8:9
          6|   - workflowId: no-answer
          7|     steps:
          8|       - stepId: silent
           |         ^
          9|         operationId: keepSilent
         10|       - stepId: after

    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯"
  `)
})

test('a workflow that cannot start fails once, and says why', async () => {
  const { tree, output } = await runSuite('steps', ['-t', 'all-well'])
  expect(tree.split('\n').slice(0, 4).join('\n')).toMatchInlineSnapshot(`
    "pets.arazzo.yaml
      all-well
        × list (ArazzoError)
        ↓ open [not reached: the workflow could not start]"
  `)
  expect(failuresIn(output)).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

     FAIL  pets.arazzo.yaml > all-well > list
    ArazzoError: Failed to find the server of source "pets": "/" is not an absolute http or https URL. Pass servers: { pets: 'http://127.0.0.1:PORT' }, or let the plugin start the application (server).
     ❯ no-server pets.arazzo.yaml:8:9
          6|   - workflowId: all-well
          7|     steps:
          8|       - stepId: list
           |         ^
          9|         operationId: listPets
         10|         successCriteria:

    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯"
  `)
})
