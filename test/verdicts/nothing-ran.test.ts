import { describe, expect, test } from 'vitest'
import { arazzo } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { shared } from '../builders/shared.ts'
import { cases, thoroughly } from '../builders/thorough.ts'
import { askCli } from '../cli/cli.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { api, asking, config, passing, runAsking } from '../plugin/suites/asking.ts'
import { runSuite, treeOf, writeSuite } from '../plugin/suites/run-suite.ts'

/** Each starts Vitest anew, which takes as long as the machine lets it. */
const unhurried = { timeout: 120_000 }

// Holds that every way to no workflow, no request or no sample is red; those of projects are in projects.test.ts.

const plugins = 'plugins: [arazzo({ servers })],'
const suite = { 'vitest.config.ts': config('{}', plugins), 'api.json': api, 'flow.arazzo.yaml': asking('flow') }

describe('a document without a workflow', unhurried, () => {
  const head = "arazzo: 1.0.1\ninfo: { title: t, version: '1' }\n"
  const sources = 'sourceDescriptions: [{ name: api, url: ./api.json, type: openapi }]\n'
  const without: Record<string, string> = {
    'empty.arazzo.yaml': '',
    'comment.arazzo.yaml': '# nothing yet\n',
    'null.arazzo.yaml': 'null\n',
    'object.arazzo.yaml': '{}\n',
    'list.arazzo.yaml': '[]\n',
    'separator.arazzo.yml': '---\n',
    'empty.arazzo.json': '',
    'object.arazzo.json': '{}',
    'list.arazzo.json': '[]',
    'head.arazzo.yaml': head,
    'no-workflows.arazzo.yaml': `${head}${sources}`,
    'null-workflows.arazzo.yaml': `${head}${sources}workflows:\n`,
    'empty-workflows.arazzo.yaml': `${head}${sources}workflows: []\n`,
    'no-steps.arazzo.yaml': arazzo('  - workflowId: w\n'),
    'null-steps.arazzo.yaml': arazzo('  - workflowId: w\n    steps:\n'),
    'empty-steps.arazzo.yaml': arazzo('  - workflowId: w\n    steps: []\n'),
    'second-document.arazzo.yaml': `---\n---\n${asking('second')}`,
    'no-load-test.arazzo.yaml': asking('lazy').replace('    steps:', '    x-load-test: []\n    steps:'),
  }

  test('fails, also beside one that passes', async () => {
    const { tree, asked, exitCode } = await runAsking({ ...suite, ...without })
    const failing = Object.keys(without).filter(file => tree.includes(`${file}\n  ! `))
    expect(failing).toEqual(Object.keys(without))
    expect(tree).toContain('flow.arazzo.yaml\n  flow\n    ✓ ask')
    expect(asked).toEqual(['flow'])
    expect(exitCode).toBe(1)
  })
})

describe('of all tests', unhurried, () => {
  const later = "import { test } from 'vitest'\n\ntest.skip('later', { tags: ['slow'] }, () => {})\n"
  const files = {
    ...suite,
    'vitest.config.ts': config("{ tags: [{ name: 'slow' }, { name: 'fast' }] }", plugins),
    'later.test.ts': later,
  }

  // What else filters leave is looked at in plugin/reporter/nothing-ran.test.ts, without a Vitest.
  const leavingNone = cases<[string, string[], string]>(
    [
      ['a filter by file', ['nope'], 'No test files found'],
      ['a filter by line', ['flow.arazzo.yaml:2'], 'No test found in flow.arazzo.yaml'],
      ['-t', ['-t', 'flwo'], 'Failed to run any test: none of 2 has a name that matches /flwo/. Did you mean "flow"?'],
      [
        '--tagsFilter',
        ['--tagsFilter', 'fast'],
        'Failed to run any test: none of 2 has the tags "fast". Correct --tagsFilter. There is "slow".',
      ],
      ['--project', ['--project', 'nope'], 'No projects matched the filter "nope"'],
    ],
    [
      ['a tag for loads alone', ['--tagsFilter', 'load'], 'none of 2 has the tags "load"'],
      ['both', ['-t', 'flow', '--tagsFilter', 'slow'], 'none of 2 has a name that matches /flow/ and the tags "slow"'],
      ['--exclude', ['--exclude', '**/*.{yaml,ts}'], 'No test files found'],
      ['--shard', ['--shard', '3/3'], '--shard <count> must be a smaller than count of test files'],
      ['--dir', ['--dir', 'nowhere'], 'No test files found'],
    ],
  )
  test.each(leavingNone)('%s leaves none: red', async (_, args, message) => {
    const { output, exitCode, asked } = await runAsking(files, args)
    expect(asked).toEqual([])
    expect(output).toContain(message)
    expect(exitCode).toBe(1)
  })

  test('a tag that is nowhere declared is red by the message of Vitest alone', async () => {
    const { output, exitCode, asked } = await runAsking(suite, ['--tagsFilter', 'smoke'])
    expect(asked).toEqual([])
    expect(output).toContain('The tag pattern "smoke" is not defined in the configuration')
    expect(output).not.toContain('TypeError')
    expect(exitCode).toBe(1)
  })

  const leavingSome = cases<[string, string[], string[]]>(
    [
      ['a filter leaves a step, by its full name', ['-t', 'flow.*ask'], ['flow']],
      ['a tag leaves one that is skipped', ['--tagsFilter', 'sl*'], []],
    ],
    [
      ['a filter leaves a workflow', ['-t', 'flow'], ['flow']],
      ['a filter leaves what has no tag', ['--tagsFilter', '!slow'], ['flow']],
      ['a filter leaves one that is skipped', ['-t', 'later'], []],
      ['nothing is to pass', ['-t', 'nope', '--passWithNoTests'], []],
    ],
  )
  test.each(leavingSome)('%s: green', async (_, args, expected) => {
    const { output, exitCode, asked } = await runAsking(files, args)
    expect(asked).toEqual(expected)
    expect(output).not.toContain('Failed to run')
    expect(exitCode).toBe(0)
  })

  test('none is there, since no file is a document: red', async () => {
    const { output, exitCode } = await runAsking({
      'vitest.config.ts': config('{}', plugins),
      'flow.yaml': asking('flow'),
    })
    expect(output).toContain('No test files found')
    expect(exitCode).toBe(1)
  })

  thoroughly('those of documents are filtered out, and others are not: green, as a filter is for', async () => {
    const { exitCode, asked } = await runAsking({ ...files, 'plain.test.ts': passing }, ['-t', 'passes'])
    expect(asked).toEqual([])
    expect(exitCode).toBe(0)
  })
})

/** Answers everything but `/silent`, for as long as anybody waits. */
async function serveSome() {
  return serve(({ url }) => (url.includes('silent') ? { delay: 'never' } : { body: {} }))
}

/** A workflow whose first step ends it well, so that its second is never reached. */
const short = arazzo(`
  - workflowId: short
    steps:
      - stepId: first
        operationId: ask
        parameters: [{ name: name, in: path, value: first }]
        onSuccess: [{ name: done, type: end }]
      - stepId: second
        operationId: ask
        parameters: [{ name: name, in: path, value: second }]`)

describe('a load test', unhurried, () => {
  const silent = "workflow: './silent.arazzo.yaml', requestTimeout: '300ms'"
  const brief = "duration: '500ms', threads: 1"
  const lenient = "budgets: { errorRate: '>= 1%' }"
  const loads: Record<string, string> = {
    'nobody answers': `${silent}, load: { vus: 1, ${brief} }`,
    'nobody answers, at a rate': `${silent}, load: { rate: 20, ${brief} }`,
    'nobody answers, and all but one are dropped': `${silent}, load: { rate: 50, maxVus: 1, ${brief} },
      budgets: { dropped: '99%' }`,
    'nobody answers, and budgets do not mind': `${silent}, load: { vus: 1, ${brief} },
      budgets: { errorRate: '>= 1%', rps: '>= 1', requests: { p99: '1h' } }`,
    'nobody is there': `workflow: './flow.arazzo.yaml', servers: 'http://127.0.0.1:1',
      load: { vus: 1, iterations: 2, threads: 1 }, ${lenient}`,
    'rows are used up by the warm-up': `workflow: './row.arazzo.yaml',
      inputs: { rows: [{ name: 'a' }, { name: 'b' }], order: 'unique' },
      load: { vus: 1, duration: '1s', warmUp: '500ms', threads: 1 }, ${lenient}`,
    'no row is made': `workflow: './row.arazzo.yaml', inputs: () => undefined, load: { vus: 1, ${brief} }, ${lenient}`,
    'a capacity of nobody': `${silent}, load: {
        capacity: { latency: 'p99 < 100ms', from: 10, to: 20, hold: '1s' },
        maxDuration: '3s', threads: 1,
      }, budgets: { capacity: '>= 1 rps' }`,
  }
  const refused: Record<string, string> = {
    'no users': 'load: { vus: 0, iterations: 1 }',
    'no iterations': 'load: { vus: 1, iterations: 0 }',
    'no rate': "load: { rate: 0, duration: '1s' }",
    'no requests': "load: { rps: 0, duration: '1s' }",
    'no time': 'load: { vus: 1, duration: 0 }',
    'no stages': 'load: { stages: [] }',
    'stages at nothing': "load: { stages: [{ rate: 0, duration: '1s' }] }",
    'no measured stage': "load: { stages: [{ rate: 5, duration: '1s', measure: false }] }",
    'no threads': 'load: { vus: 1, iterations: 1, threads: 0 }',
    'no rows': 'inputs: { rows: [] }, load: { vus: 1, iterations: 1 }',
    'no lines': "inputs: { rows: './none.csv' }, load: { vus: 1, iterations: 1 }",
    'no list': "inputs: { rows: './none.json' }, load: { vus: 1, iterations: 1 }",
  }
  const files = {
    ...suite,
    'silent.arazzo.yaml': asking('silent'),
    'row.arazzo.yaml': asking('row')
      .replace('value: row', 'value: $inputs.name')
      .replace('    steps:', '    inputs: { type: object, properties: { name: { type: string } } }\n    steps:'),
    'short.arazzo.yaml': short,
    'none.csv': 'name\n',
    'none.json': '[]',
  }
  const head = "import { loadTest } from 'vitest-arazzo'\n\n"
  const testFile = (tests: Record<string, string>) =>
    head +
    Object.entries(tests)
      .map(([name, options]) => `loadTest('${name}', { ${options} })\n`)
      .join('\n')

  const names = Object.keys(refused)
  const make = `('none', () => ({ ${silent}, load: { vus: 1, ${brief} } }))`
  const beside = "import { test } from 'vitest'\ntest('beside', () => {})\n"
  const matchers = [
    "toKeepErrorRateUnder('100%')",
    "toHoldPercentile(99, '1h')",
    'toSustainRps(1)',
    'toMeetItsBudgets()',
  ]
  const wrong: Record<string, string> = {
    ...Object.fromEntries(
      names.map((name, index) => [
        `refused-${index}.test.ts`,
        testFile({
          [name]: `workflow: './${/rows|lines|list/.test(name) ? 'row' : 'flow'}.arazzo.yaml', ${refused[name]}`,
        }),
      ]),
    ),
    'each.test.ts': `${head}${beside}loadTest.each([])${make}\n`,
    'for.test.ts': `${head}${beside}loadTest.only.for([])${make}\n`,
    'skip.test.ts': `${head}${beside}loadTest.skip('bare')\nloadTest.skip.each([])${make}\n`,
    'by-hand.test.ts': `import { runLoad } from 'vitest-arazzo'
import { beforeAll, expect, test } from 'vitest'

let report
beforeAll(async () => {
  report = await runLoad({ ${silent}, load: { vus: 1, ${brief} }, ${lenient} })
})
${matchers.map(matcher => `test("${matcher}", () => expect(report).${matcher})\n`).join('')}`,
  }
  const unreached = `workflow: './short.arazzo.yaml', load: { vus: 1, iterations: 20, threads: 1 },
    budgets: { steps: { second: { p99: '1h', errorRate: '>= 1%' } } }, onInconclusive: 'warn'`
  /** One run for all of them: each is told of in a part of the tree. */
  const run = shared(async () => {
    const { origin } = await serveSome()
    const folder = await writeSuite({
      ...files,
      'vitest.config.ts': config('{ isolate: false }', "plugins: [arazzo({ servers, onInconclusive: 'skip' })],"),
      ...wrong,
      'loads.test.ts': testFile({ ...loads, unreached }),
    })
    return runSuite(folder, ['test.ts'], { API: origin })
  })
  const partOf = (tree: string, name: string) =>
    tree.slice(tree.indexOf(`\n  ${name}\n`) + 1).split(/\n(?= {0,2}\S)/)[0]!

  test('that measured nothing fails, also where what is inconclusive is skipped', async () => {
    const { tree, exitCode } = await run()
    const isRed = (name: string) => /^ {4}× .*\((?:Load)?Error\)/m.test(partOf(tree, name))
    expect(
      Object.keys(loads).filter(name => !isRed(name)),
      tree,
    ).toEqual([])
    expect(exitCode).toBe(1)
  })

  test('whose budget has no sample fails by it, though the load passed', async () => {
    const part = partOf((await run()).tree, 'unreached')
    expect(part).toMatch(/^ {4}✓ 1 virtual user/m)
    expect(part).toMatch(/^ {4}× budget: second p99 .*\(BudgetError\)/m)
    expect(part).toMatch(/^ {4}× budget: second errorRate .*\(BudgetError\)/m)
  })

  test('that asks for nothing is refused', async () => {
    const { tree } = await run()
    const lines = tree.split('\n')
    const accepted = names.filter((_, index) => {
      const file = `refused-${index}.test.ts`
      return !lines.includes(file) || !/[!×]/.test(treeOf(tree, file))
    })
    expect(accepted, tree).toEqual([])
  })

  test('without a case is red, also beside others', async () => {
    const { tree } = await run()
    for (const form of ['each', 'for'])
      expect(tree).toContain(`${form}.test.ts\n  ! TypeError: Failed to use loadTest.${form}: there are no cases`)
    expect(tree).toContain('skip.test.ts\n  ✓ beside\n  bare\n    ↓ load')
  })

  test('by hand: no matcher passes a report of nothing', async () => {
    const tree = treeOf((await run()).tree, 'by-hand.test.ts')
    expect(tree.match(/^ {2}× .*\((?:Assertion)?Error\)$/gm), tree).toHaveLength(matchers.length)
  })
})

describe('the command line', unhurried, () => {
  const files = {
    'api.json': api,
    'flow.arazzo.yaml': asking('flow'),
    'silent.arazzo.yaml': asking('silent'),
    'empty.arazzo.yaml': '',
    'folder/readme.md': '',
  }

  test.each([
    ['validate folder', /there is no \*\.arazzo\.yaml/],
    ['validate nope.arazzo.yaml', /there is no nope/],
    ['validate empty.arazzo.yaml', /1 error/],
    ['run empty.arazzo.yaml', /Failed to/],
    ['run flow.arazzo.yaml#flwo', /Did you mean "flow"/],
    ['load empty.arazzo.yaml --vus 1 --iterations 1', /Failed to/],
    ['load flow.arazzo.yaml --vus 1 --iterations 0', /Failed to/],
    ['load flow.arazzo.yaml', /no flag says it/],
    ['load silent.arazzo.yaml --vus 1 --duration 500ms --threads 1 --quiet', /did not run/],
    ['load flow.arazzo.yaml --server http://127.0.0.1:1 --vus 1 --iterations 2 --quiet', /did not run|not run/],
    ['results show', /none is named/],
    ['results show nope.json', /there is no such file/],
  ])('%s: not 0', async (line, message) => {
    const folder = await writeSuite(files)
    const { origin } = await serveSome()
    const args = line.split(' ')
    if (/^(?:run|load)/.test(line) && !line.includes('--server')) args.push('--server', origin)
    const built = await builtPlugin()
    const { code, stdout, stderr } = await askCli(built, args, folder)
    expect(stdout + stderr).toMatch(message)
    expect(code).not.toBe(0)
  })
})
