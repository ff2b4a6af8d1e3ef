import { describe, expect, test } from 'vitest'
import { shared } from '../../builders/shared.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { api, asking, config, runAsking } from './asking.ts'
import { servePets } from './pets.ts'
import { failuresOf, outlineOf, runSuite, treeOf } from './run-suite.ts'

/** Each starts Vitest, and some wait for many loads. */
async function run(suite: string, args: string[] = []) {
  const pets = await servePets()
  return { ...(await runSuite(suite, args, { PETS_API: pets.url })), requests: pets.requests }
}

/** Of one run of many files, what is of this one. */
const of = (file: string, { tree, output }: { tree: string; output: string }) => ({
  tree: treeOf(tree, file),
  failures: failuresOf(output, file),
})

const several = [
  'passes',
  'fails',
  'undecided',
  'all-fail',
  'ends-early',
  'not-run',
  'variants',
  'only',
  'by-hand.test',
]
const loads = shared(() => run('load', ['--no-isolate', ...several, 'own-load']))
const wrong = ['bad-options', 'bad-document', 'by-hand-errors', 'slips']
const mistakes = shared(() => run('load', ['--no-isolate', ...wrong]))

/** Figures differ from run to run. */
const withoutFigures = (text: string) =>
  text
    .replaceAll(/^.*rate and latency over time\n/gm, '') // there when it takes two seconds
    .replaceAll(/\n *notice(:\d+)?: .*/g, '') // conduct.test.ts has them
    .replaceAll(/(?<=decides nothing: ).*?(?=\]?$)/gm, '…')
    .replaceAll(/\d+(?:\.\d+)? (MB|ms)/g, '… $1')
    .replaceAll(/\d+ times/g, '… times')

describe('a load test', () => {
  test('is a suite: the load, and a test for each budget', async () => {
    const { tree } = of('passes.test.ts', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "passes.test.ts
        browsing
          ✓ 2 virtual users, 20 iterations each
          ✓ budget: errorRate
            budget:6: errorRate <= 0 %: 0 % (another run of 40 may have up to 7.2 %)
          ✓ budget: open errorRate
            budget:6: open errorRate <= 1 %: 0 % (another run of 40 may have up to 7.2 %)
          ✓ budget: generator memory
            budget:6: generator memory <= 4 GB: … MB
          ✓ budget: resent
            budget:6: resent <= 0: 0"
    `)
    expect((await loads()).output).toMatch(/^ {2}✓ browsing .* [\d,.]+\/s +p50 .* failed/m)
  })

  test('fails by budget, and leads to the call', async () => {
    const { tree, failures } = of('fails.test.ts', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "fails.test.ts
        browsing
          ✓ 2 virtual users, 20 iterations each
          ✓ budget: errorRate
            budget:6: errorRate <= 0 %: 0 % (another run of 40 may have up to 7.2 %)
          × budget: generator memory (BudgetError)
          ✓ budget: resent
            budget:6: resent <= 0: 0"
    `)
    expect(outlineOf(withoutFigures(failures))).toMatchInlineSnapshot(`
      "FAIL  fails.test.ts > browsing > budget: generator memory
      BudgetError: Expected generator memory <= … MB, received … MB (… times the bound; from … MB at the start to … MB at the end of the window, this process).
       ❯ fails.test.ts:6:41"
    `)
    expect((await loads()).exitCode).toBe(1)
  })

  test('that decides nothing fails under a name of its own, warns, or is skipped, as asked for', async () => {
    const { tree } = of('undecided.test.ts', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "undecided.test.ts
        fail
          ✓ 1 virtual user, 5 iterations each
          × budget: p99 (InconclusiveError)
        warn
          ✓ 1 virtual user, 5 iterations each
          ✓ budget: p99
            warning:7: inconclusive: Expected p99 <= 10 s, received … ms, which decides nothing: …
        skip
          ✓ 1 virtual user, 5 iterations each
          ↓ budget: p99 [inconclusive: Expected p99 <= 10 s, received … ms, which decides nothing: …]"
    `)
  })

  test('of which every iteration fails says with what', async () => {
    const { tree, failures } = of('all-fail.test.ts', await loads())
    expect(tree).toMatchInlineSnapshot(`
      "all-fail.test.ts
        hopeless
          × 1 virtual user, 5 iterations each (LoadError)
          × budget: errorRate (BudgetError)"
    `)
    expect(failures).toContain('Failed to load "hopeless": all 5 iterations failed.')
    expect(failures).toMatch(
      /5 attempts at open \(pets\.arazzo\.yaml:\d+:\d+\): \$statusCode == 200 is not met \(404\)/,
    )
    // Of the budget: three of them, a line each.
    expect(failures.match(/^ +at [\d.]+ m?s, thread 1: GET http:\S+ -> 404 /gm)).toHaveLength(3)
  })

  test('that a missed budget ends fails by it, long before its time, with three of the requests', async () => {
    const { tree, failures } = of('ends-early.test.ts', await loads())
    expect(tree).toContain('× budget: errorRate (BudgetError)')
    expect(failures).toMatch(/received 100 % \(.*; the run was ended for it [\d.]+ m?s into the measured window\)/)
    expect(failures.match(/^ +at [\d.]+ m?s, thread \d: GET http:\S+ -> 404 /gm)!.length).toBe(3)
  })

  test('that cannot run says why once; its budgets are not judged', async () => {
    const { tree, failures } = of('not-run.test.ts', await loads())
    expect(tree).toMatchInlineSnapshot(`
      "not-run.test.ts
        nobody answers
          × 1 virtual user, 5 iterations each (LoadError)
          ↓ budget: max [not judged: the load could not run]
          ↓ budget: errorRate [not judged: the load could not run]
          ↓ budget: resent [not judged: the load could not run]"
    `)
    expect(outlineOf(failures)).toMatchInlineSnapshot(`
      "FAIL  not-run.test.ts > nobody answers > 1 virtual user, 5 iterations each
      LoadError: Failed to load "nobody answers": Failed to connect to http://127.0.0.1:PORT: connection refused. Start the application, or correct its URL.
       ❯ not-run.test.ts:3:1"
    `)
  })

  test('with mistakes in its options fails when it is collected, with all of them', async () => {
    const ran = await mistakes()
    const { tree, failures } = of('bad-options.test.ts', ran)
    expect(tree).toMatchInlineSnapshot(`
      "bad-options.test.ts
        ! LoadOptionsError: Failed to read load.duration: "1 fortnight": "fortnight" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."
    `)
    expect(outlineOf(failures)).toMatchInlineSnapshot(`
      "FAIL  bad-options.test.ts [ bad-options.test.ts ]
      LoadOptionsError: Failed to read load.duration: "1 fortnight": "fortnight" is not a unit of time. Write milliseconds as a number, or text such as 'TIME', 'TIME', '1m30s', '1h' or '250us'.
      Failed to read budget p99: "3MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as 'TIME', 'TIME', '1m30s', '1h' or '250us'.
      Failed to read budget steps.opne: the workflow has no such step. Did you mean "open"? Steps are list, open.
      Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
       ❯ bad-options.test.ts:5:19
       ❯ bad-options.test.ts:6:14
       ❯ bad-options.test.ts:6:35
       ❯ bad-options.test.ts:6:58"
    `)
    expect(ran.requests).toEqual([])
  })

  test('has the variants of a test', async () => {
    const { tree } = of('variants.test.ts', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "variants.test.ts
        skipped
          ↓ 1 virtual user, 2 iterations each
        to be written
        skipped if
          ↓ 1 virtual user, 2 iterations each
        not skipped
          ✓ 1 virtual user, 2 iterations each
        not run
          ↓ 1 virtual user, 2 iterations each
        1 users, 10% errors
          ✓ 1 virtual user, 2 iterations each
          ✓ budget: errorRate
            budget:15: errorRate <= 10 %: 0 % (another run of 2 may have up to 78 %)
        2 users, 20% errors
          ✓ 2 virtual users, 2 iterations each
          ✓ budget: errorRate
            budget:15: errorRate <= 20 %: 0 % (another run of 4 may have up to 53 %)
        3 users
          ✓ 3 virtual users, 2 iterations each
        4 of a table
          ✓ 4 virtual users, 2 iterations each
          ✓ budget: errorRate
            budget:46: errorRate <= 30 %: 0 % (another run of 8 may have up to 31 %)
        5 users, skipped
          ↓ 5 virtual users, 2 iterations each
        ✓ forms that mean nothing here"
    `)
  })

  test('can be the only one', async () => {
    const { tree } = of('only.test.ts', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "only.test.ts
        the one
          ✓ 1 virtual user, 2 iterations each
        1 user
          ✓ 1 virtual user, 2 iterations each
        ↓ another"
    `)
  })
})

describe('filters', () => {
  const ran = (tree: string) => tree.split('\n').filter(line => /[✓×]/.test(line))

  test('a budget alone runs the load, once', async () => {
    const { tree, requests, exitCode } = await run('load', ['passes', '-t', 'errorRate'])
    expect(ran(tree)).toEqual(['    ✓ budget: errorRate', '    ✓ budget: open errorRate'])
    expect(requests).toHaveLength(80)
    expect(exitCode).toBe(0)
  })

  thoroughly('a budget alone tells why the load could not run', async () => {
    const { tree } = await run('load', ['not-run', '-t', 'errorRate'])
    expect(ran(tree)).toEqual(['    × budget: errorRate (LoadError)'])
  })

  thoroughly('the line of the call runs all of it', async () => {
    const { tree, requests } = await run('load', ['passes.test.ts:3'])
    expect(ran(tree)).toHaveLength(4)
    expect(requests).toHaveLength(80)
  })

  test('the tag leaves load tests out; one that is the only one is as red as a suite of Vitest where that allows none', async () => {
    const load = 'x-load-test: { vus: 1, iterations: 1 }'
    const files = {
      'vitest.config.js': config('{}', 'plugins: [arazzo({ servers })],'),
      'api.json': api,
      'flow.arazzo.yaml': asking('flow').replace('workflowId: flow\n', `workflowId: flow\n    ${load}\n`),
      'ours.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest.only('one', { workflow: './flow.arazzo.yaml', load: { vus: 1, iterations: 1 } })
`,
      'theirs.test.js':
        "import { describe, test } from 'vitest'\ndescribe.only('one', () => void test('of it', () => {}))\n",
    }
    const { tree, exitCode, asked } = await runAsking(files, ['--allowOnly=false', '--tags-filter', '!load'])
    expect(exitCode).toBe(1)
    for (const file of ['ours.test.js', 'theirs.test.js'])
      expect(treeOf(tree, file)).toMatch(/! Error: \[Vitest\] Unexpected \.only modifier/)
    expect(ran(treeOf(tree, 'flow.arazzo.yaml'))).toEqual(['    ✓ ask'])
    expect(asked).toEqual(['flow'])
  })
})

describe('x-load-test', () => {
  test('is load tests within the suite of its workflow', async () => {
    const { tree, failures } = of('own-load.arazzo.yaml', await loads())
    expect(withoutFigures(tree)).toMatchInlineSnapshot(`
      "own-load.arazzo.yaml
        browse
          ✓ list
          a few
            ✓ 1 virtual user, 10 iterations each
            ✓ budget: errorRate
              budget:18: errorRate <= 0 %: 0 % (another run of 10 may have up to 26 %)
            ✓ budget: generator memory
              budget:19: generator memory <= 4 GB: … MB
            ✓ budget: resent
              budget:18: resent <= 0: 0
          too strict
            ✓ 1 virtual user, 10 iterations each
            ✓ budget: errorRate
              budget:25: errorRate <= 0 %: 0 % (another run of 10 may have up to 26 %)
            × budget: generator memory (BudgetError)
            ✓ budget: resent
              budget:25: resent <= 0: 0"
    `)
    expect(outlineOf(withoutFigures(failures))).toMatchInlineSnapshot(`
      "FAIL  own-load.arazzo.yaml > browse > too strict > budget: generator memory
      BudgetError: Expected generator memory <= … MB, received … MB (… times the bound; from … MB at the start to … MB at the end of the window, this process).
       ❯ too strict > budgets.generator.memory own-load.arazzo.yaml:26:32"
    `)
  })

  thoroughly('can be chosen by line: a load test, or one of its budgets', async () => {
    const { tree, requests } = await run('load', ['own-load.arazzo.yaml:25'])
    expect(tree.split('\n').filter(line => /[✓×]/.test(line))).toEqual(['      ✓ budget: errorRate'])
    expect(requests).toHaveLength(10)
  })

  test('with mistakes leads to their lines', async () => {
    const { failures } = of('slips.arazzo.yaml', await mistakes())
    expect(outlineOf(failures).replace(/Known keys are .*/, '…')).toMatchInlineSnapshot(`
      "FAIL  slips.arazzo.yaml [ slips.arazzo.yaml ]
      ArazzoError: Failed to read slips.arazzo.yaml: 3 problems.
        slips.arazzo.yaml:12:17 Failed to read x-load-test.duration: "3MB": "MB" is not a unit of time. Write milliseconds as a number, or text such as 'TIME', 'TIME', '1m30s', '1h' or '250us'.
        slips.arazzo.yaml:14:20 Failed to read budget errorrate: unknown key. Did you mean "errorRate"? …
        slips.arazzo.yaml:16:17 Failed to read budget steps.lits: the workflow has no such step. Did you mean "list"?
       ❯ invalid-load-test slips.arazzo.yaml:12:17
       ❯ invalid-budget slips.arazzo.yaml:14:20
       ❯ invalid-budget slips.arazzo.yaml:16:17"
    `)
  })
})

test('runLoad, runWorkflow and readArazzo take paths from the test file, and the rest from the plugin', async () => {
  const { tree, failures } = of('by-hand.test.ts', await loads())
  expect(tree).toMatchInlineSnapshot(`
    "by-hand.test.ts
      ✓ a workflow
      ✓ a workflow that fails says so in its report
      ✓ a document
      ✓ load
      × load in a test that has not the time (Error)"
  `)
  expect(outlineOf(failures)).toMatchInlineSnapshot(`
    "FAIL  by-hand.test.ts > load in a test that has not the time
    Error: Failed to run load in test "load in a test that has not the time": it may take 32 s, and the test may take 5 s. Pass 40_000 as the last argument of test(), or use loadTest().
     ❯ by-hand.test.ts:28:9"
  `)
})

test('what is wrong with a call leads to the call', async () => {
  const ran = await mistakes()
  expect(outlineOf(of('bad-document.test.ts', ran).failures)).toMatchInlineSnapshot(`
    "FAIL  bad-document.test.ts [ bad-document.test.ts ]
    ArazzoError: pets.arazzo.yaml:6:5: Failed to find workflow "brwose": the document has no such workflow. Did you mean "browse"? It has "browse", "hopeless".
      4 |   - { name: pets, url: ./openapi.yaml, type: openapi }
      5 | workflows:
    > 6 |   - workflowId: browse
      7 |     steps:
      8 |       - stepId: list
     ❯ bad-document.test.ts:3:1"
  `)
  expect(outlineOf(of('by-hand-errors.test.ts', ran).failures)).toMatchInlineSnapshot(`
    "FAIL  by-hand-errors.test.ts > a workflow that is not there
    ArazzoError: pets.arazzo.yaml:6:5: Failed to find workflow "brwose": the document has no such workflow. Did you mean "browse"? It has "browse", "hopeless".
      4 |   - { name: pets, url: ./openapi.yaml, type: openapi }
      5 | workflows:
    > 6 |   - workflowId: browse
      7 |     steps:
      8 |       - stepId: list
     ❯ by-hand-errors.test.ts:5:9
    FAIL  by-hand-errors.test.ts > a document with several, of which none is named
    ArazzoError: pets.arazzo.yaml:6:5: Failed to choose a workflow: the document has 2, and the reference names none. Write pets.arazzo.yaml#browse, or another of browse, hopeless.
      4 |   - { name: pets, url: ./openapi.yaml, type: openapi }
      5 | workflows:
    > 6 |   - workflowId: browse
      7 |     steps:
      8 |       - stepId: list
     ❯ by-hand-errors.test.ts:9:9
    FAIL  by-hand-errors.test.ts > a document that is not there
    ArazzoError: not-there.arazzo.yaml:1:1: Failed to read not-there.arazzo.yaml: there is no such file. Correct the path.
     ❯ by-hand-errors.test.ts:13:9
    FAIL  by-hand-errors.test.ts > a host that is not ours to load
    Error: Failed to load http://192.0.2.1: "192.0.2.1" is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['192.0.2.1'].
     ❯ by-hand-errors.test.ts:18:9"
  `)
})

test('everything can be used without the plugin, given what it would have known', async () => {
  const { tree, exitCode } = await run('no-plugin')
  expect(withoutFigures(tree)).toMatchInlineSnapshot(`
    "alone.test.ts
      browsing
        ✓ 1 virtual user, 5 iterations each
        ✓ budget: errorRate
          budget:7: errorRate <= 0 %: 0 % (another run of 5 may have up to 45 %)
        ✓ budget: resent
          budget:7: resent <= 0: 0
      ✓ a workflow"
  `)
  expect(exitCode).toBe(0)
})
