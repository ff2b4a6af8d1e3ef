import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { openerOf } from '../../src/cli/open.ts'
import { tried } from '../../src/ground/tried.ts'
import { parseResult, resultText } from '../../src/report/result.ts'
import { freshFolder } from '../builders/folder.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli, runCli, type Said } from './cli.ts'
import { openLibrary } from './library.ts'

// A load is a while, and a command may be the first of its process.
const scratch = freshFolder('cli')

const openapi = new URL('../../fixtures/openapi/library.yaml', import.meta.url).pathname
const document = `arazzo: 1.0.1
info: { title: Library, version: 1.0.0 }
sourceDescriptions: [{ name: library, url: ${openapi}, type: openapi }]
workflows:
  - workflowId: browse
    inputs: { type: object, properties: { most: { type: integer, maximum: 9 } } }
    steps:
      - stepId: list
        operationId: listBooks
        parameters: [{ name: most, in: query, value: $inputs.most }]
        outputs: { id: $response.body#/0/id }
        successCriteria: [{ condition: $statusCode == 200 }]
    outputs: { first: $steps.list.outputs.id }
    x-load-test: { mode: rps, rps: 100, duration: 1s, budgets: { errorRate: '1%', steps: { list: { errorRate: 0 } } } }
  - workflowId: secret
    inputs: { type: object, properties: { since: { type: string } } }
    steps:
      - stepId: loans
        operationId: listLoans
        parameters: [{ name: since, in: query, value: $inputs.since }]
        outputs: { since: $inputs.since }
    outputs: { since: $steps.loans.outputs.since, whole: "seen {$inputs.since}" }
  - workflowId: other
    steps: [{ stepId: loans, operationId: listLoans, parameters: [{ name: since, in: query, value: '2026-01-01' }] }]
`

const built = await builtPlugin()
const library = await openLibrary()
afterAll(() => library.close())
writeFileSync(join(scratch, 'library.arazzo.yaml'), document)

const cli = (...args: string[]): Promise<Said> => askCli(built, args, scratch)
const at = (name: string) => join(scratch, name)
/** Whatever lines it was wrapped to. */
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ')

describe('the command line', () => {
  test('says what it can do', async () => {
    const { code, stdout } = await cli('--help')
    expect(code).toBe(0)
    for (const word of ['run', 'load', 'validate', 'init', 'results show', 'results compare', 'results trend'])
      expect(stdout).toContain(`\n  ${word} `)
    expect((await cli()).code).toBe(2)
    const help = (await cli('load', '--help')).stdout
    expect(help).toContain("--budget 'p99<100ms'")
    expect(help.match(/^\S.*$/gm)).toMatchInlineSnapshot(`
      [
        "Usage: vitest-arazzo load <file#workflow> [flags]",
        "Run a workflow as load; without flags for the shape, as its x-load-test says.",
        "Examples",
        "How much, and for how long",
        "What is allowed",
        "Where requests go",
        "What they carry",
        "What is measured",
        "What is written",
        "How workflows run",
      ]
    `)
    expect(help.match(/^ {2}vitest-arazzo load .*$/gm)).toHaveLength(2)
  })

  test.each([
    [['lod'], 'Failed to read the command line: there is no command "lod". Did you mean "load"?'],
    [
      ['load', 'a', '--bugdet', 'x', '--rps'],
      'Failed to read --bugdet: there is no such flag. Did you mean --budget?\nFailed to read --rps: it has no value. Write --rps rate.',
    ],
    [['run'], 'Failed to choose a workflow: none is named. Name one: shop.arazzo.yaml#checkout.'],
    [
      ['load', 'library.arazzo.yaml#other'],
      'Failed to choose how much load to run: other has no x-load-test, and no flag says it. Write --rps 100 --duration 30s.',
    ],
    [
      ['load', 'library.arazzo.yaml#other', '--rps', '1', '--budget', 'p99', '--budget', '<5'],
      'Failed to read --budget: "p99" has no operator. Write a key, an operator and a bound: --budget \'p99<100ms\'.\nFailed to read --budget: "<5" has no operator. Write a key, an operator and a bound: --budget \'p99<100ms\'.',
    ],
    [
      ['run', 'library.arazzo.yaml#other', '--checks', 'on'],
      'Failed to read --checks: it is "on". Write off or warn or error or all.',
    ],
    [['report'], 'Failed to read the command line: there is no command "report". Use results show.'],
    [['results', 'show'], 'Failed to report results: none is named. Name one or more result.json.'],
  ])('%j is misuse', async (args, said) => {
    expect(await cli(...args)).toEqual({ code: 2, stdout: '', stderr: `${said}\n` })
  })
})

describe('run', () => {
  test('lists steps and checks; exits 0 and 1', async () => {
    const passed = await cli('run', 'library.arazzo.yaml#browse', '--server', library.url, '--input', 'most=3')
    expect(passed.code, passed.stderr).toBe(0)
    expect(
      passed.stdout.replace(/[\d.]+ (ms|us|s)\b/, 'a while').replaceAll(library.url, '<server>'),
    ).toMatchInlineSnapshot(`
      "✓ browse passed
        ✓ list  GET <server>/v1/books?most=3 -> 200, a while
        outputs
          first = "b 1"
      "
    `)
    library.failWith(503)
    const failed = await cli('run', 'library.arazzo.yaml#browse', '--server', `library=${library.url}`)
    library.failWith(undefined)
    expect(failed.code).toBe(1)
    expect(failed.stdout).toContain('✗ $statusCode == 200  (library.arazzo.yaml:12:')
  })

  test('an input of the environment is shown nowhere, in outputs neither', async () => {
    const args = ['run', 'library.arazzo.yaml#secret', '--server', library.url, '--input-env', 'since=SINCE']
    const env = { SINCE: '2026-01-01' }
    const said = await askCli(built, args, scratch, env)
    expect(said.code, said.stderr).toBe(0)
    expect(said.stdout).toContain('whole = "seen ***"')
    const json = await askCli(built, [...args, '--json'], scratch, env)
    expect(JSON.parse(json.stdout).outputs).toEqual({ since: '***', whole: 'seen ***' })
    expect(said.stdout + json.stdout).not.toContain('2026-01')
  })

  test('a faulty document or input is misuse', async () => {
    const { code, stderr } = await cli('run', 'library.arazzo.yaml#brows')
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean "browse"?')
    const wrong = await cli('run', 'library.arazzo.yaml#browse', '--server', library.url, '--input', 'most=10')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('most')
  })

  test('--json gives the report', async () => {
    const { stdout } = await cli('run', 'library.arazzo.yaml#browse', '--server', library.url, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ state: 'passed', outputs: { first: 'b 1' } })
  })
})

describe('load', () => {
  const args = (flags: string[]) => ['load', 'library.arazzo.yaml#browse', '--server', library.url, ...flags]
  const load = (...flags: string[]) => cli(...args(flags))
  const loadInOwn = (...flags: string[]) => runCli(built, args(flags), { cwd: scratch })

  test('shows a table, writes files, exits by the verdict', async () => {
    const shape = ['--rps', '50', '--duration', '1s', '--warm-up', '200ms']
    const budgets = ['errorRate<=1%', 'steps.list.errorRate = 0', 'memory<2GB', 'targets.self.cpu<9 cores']
    const targets = [`${process.pid}`, `self=${process.pid}`].flatMap(target => ['--target', target])
    const files = ['--output', 'results.json', '--html', 'page.html']
    const passed = await loadInOwn(...shape, ...budgets.flatMap(budget => ['--budget', budget]), ...targets, ...files)
    expect(passed.code, passed.stdout + passed.stderr).toBe(0)
    // A log is told of a load every ten seconds.
    expect(passed.stderr).toBe('')
    expect(oneLine(passed.stdout)).toMatch(
      /^ ✓ browse: all 4 budgets kept 50 requests\/s for 1 s, .* ✓ kept .*list errorRate 0 % <= 0 %/,
    )
    const result = parseResult(readFileSync(at('results.json'), 'utf8'), 'results.json')
    expect(result.report.budgets.map(({ key }) => key)).toEqual([
      'errorRate',
      'steps.list.errorRate',
      'memory',
      'targets.self.cpu',
    ])
    expect(readFileSync(at('page.html'), 'utf8')).toContain('<h1>browse')
  })

  test('without flags, as the document says; failures exit 1', async () => {
    library.failWith(503)
    const failed = await load('--quiet', '--output', 'failed.json').finally(() => library.failWith(undefined))
    expect(failed.code, failed.stdout).toBe(1)
    expect(failed.stderr).toBe('')
    expect(failed.stdout).toMatch(
      /\n\nFailed: browse under load: nothing passed; both budgets missed; 100 iterations failed\n$/,
    )
    expect(oneLine(failed.stdout)).toMatch(
      /^ ✗ browse under load: nothing passed; both budgets missed; 100 iterations failed 100 requests\/s for 1 s/,
    )
  })

  test('what decides nothing exits 3, or 0 where that is wished', async () => {
    const flags = ['--rate', '10', '--duration', '500ms', '--warm-up', '0s', '--quiet', '--budget', 'p99<1h']
    expect((await load(...flags)).code).toBe(3)
    expect((await load(...flags, '--on-inconclusive', 'warn')).code).toBe(0)
  })

  test('a load of which nothing passed exits 1, whatever the budgets say, and tells why', async () => {
    const flags = ['--vus', '1', '--iterations', '5', '--quiet']
    const kept = ['--budget', 'rps>0.001', '--budget', 'requests.p99<1h', '--on-inconclusive', 'warn']
    library.failWith(503)
    const runs = [await load(...flags), await load(...flags, ...kept, '--output', 'nothing.json')]
    library.failWith(undefined)
    for (const { code, stdout } of runs) {
      expect(code, stdout).toBe(1)
      expect(stdout).toMatch(/✗ browse: nothing passed.*\n.*\n +all 5 iterations failed\n/)
    }
    expect((await cli('results', 'show', 'nothing.json', '--verdict')).code).toBe(1)
    expect((await load(...flags)).code).toBe(0)
  })

  test('a load that ends within its warm-up has measured nothing, and exits 1', async () => {
    const { code, stdout } = await load('--rate', '1', '--duration', '1ms', '--warm-up', '300ms', '--quiet')
    expect(code, stdout).toBe(1)
    expect(stdout).toMatch(/nothing passed.*\n.*\n +no iteration came to its end within the measured window\n/)
  })

  test('budgets by flags come beside those of the document, and none is lost', async () => {
    const { code, stdout } = await load('--quiet', '--budget', 'steps.list.p99<1ms', '--budget', 'steps.list.max<1h')
    for (const budget of [/list p99 \S+ ms < 1 ms/, /list max \S+ m?s < 1 h/, /list errorRate 0 % <= 0 %/])
      expect(oneLine(stdout)).toMatch(budget)
    expect(code, stdout).not.toBe(2)
  })

  test('a flag or a budget that is given twice is told, since only one of them could count', async () => {
    const twice = await load('--rps', '10', '--rps', '20', '--duration', '1s')
    expect(twice).toMatchObject({ code: 2, stderr: 'Failed to read --rps: it is given twice. Write it once.\n' })
    const flags = ['--rps', '10', '--duration', '1s']
    const budgets = await load(
      ...flags,
      '--budget',
      'p99<1ms',
      '--budget',
      'p99<1h',
      '--budget',
      'steps.__proto__.p99<1ms',
    )
    expect(budgets).toMatchObject({ code: 2, stderr: expect.stringMatching(/p99.* is given twice/) })
    const proto = await load(...flags, '--budget', 'steps.__proto__.p99<1ms')
    expect(proto).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/steps\.__proto__: the workflow has no such step/),
    })
  })

  test('files that could not be written, and a port that is taken, are told before any request is sent', async () => {
    const seen = library.requests.length
    const files = ['--output', 'none/a.json', '--html', 'none/a.json']
    const lost = await load('--rps', '10', '--duration', '1s', ...files)
    expect(lost.code, lost.stdout).toBe(2)
    expect(lost.stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^Failed to write --output none\/a\.json: there is no folder \S*none\. Correct the path\.$/,
      ),
      'Failed to write --html none/a.json: --output writes it too. Correct the path.',
      '',
    ])
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const busy = await load('--rps', '10', '--duration', '1s', '--metrics-port', `${port}`)
    taken.close()
    expect(busy.code, busy.stdout).toBe(2)
    expect(busy.stderr).toMatch(/^Failed to .*metrics.*\n$/)
    expect(library.requests).toHaveLength(seen)
  })

  test('the table is there, and the other files are, where a file cannot be written in the end', async () => {
    mkdirSync(at('gone'))
    const flags = ['--rate', '20', '--duration', '1s', '--quiet', '--output', 'gone/a.json', '--html', 'kept.html']
    const seen = library.requests.length
    const run = load(...flags)
    await vi.waitFor(() => expect(library.requests.length).toBeGreaterThan(seen), 30_000)
    rmSync(at('gone'), { recursive: true })
    const { code, stdout, stderr } = await run
    expect(stdout).toMatch(/ browse: no budgets\n +20 iterations\/s for 1 s/)
    expect(stderr).toMatch(/^Failed to write --output gone\/a\.json: ENOENT.*\n$/)
    expect(readFileSync(at('kept.html'), 'utf8')).toContain('<h1>browse')
    expect(code).toBe(2)
  })

  test.each([
    [['--rps', 'many', '--duration', '1s'], /^Failed to read --rps: /],
    [['--rps', '5'], /^Failed to read the load: it does not say how long\. Add --duration, such as '30s'\.\n$/],
    [
      ['--duration', '5s'],
      /Give --rps \(requests a second\), --rate \(iterations a second\), --vus \(virtual users\)\.\n$/,
    ],
    [['--rps', '5', '--vus', '5', '--duration', '1s'], /^Failed to read --vus: --rps is given too, .* Remove one\.\n$/],
    [['--vus', '5', '--iterations', '5', '--ramp-up', '5s'], /^Failed to read --ramp-up: .* Remove --ramp-up\.\n$/],
  ])('%j is refused in the words of the command line', async (flags, said) => {
    const { code, stdout, stderr } = await load(...flags)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(said)
  })

  test('a host that is not this machine is named by a flag', async () => {
    const flags = ['--server', 'http://x.example', '--rps', '5', '--duration', '1s']
    const { code, stderr } = await cli('load', 'library.arazzo.yaml#browse', ...flags)
    expect(code).toBe(2)
    expect(stderr).toMatch(/If you may load it, add --allow-host x\.example\.\n$/)
  })

  test('the page opens in a browser, but not in CI, and the last line is the verdict', async () => {
    const bin = at('bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > '${at('opened')}'\n`, { mode: 0o755 })
    const env = { PATH: `${bin}:${process.env.PATH}`, CI: undefined }
    const flags = ['--vus', '1', '--iterations', '5', '--quiet', '--open', '--budget', 'errorRate<=1%']
    const opened = await runCli(built, args(flags), { cwd: scratch, env })
    expect(opened.code, opened.stdout + opened.stderr).toBe(0)
    const path = /^The page is (.*)\n$/.exec(opened.stderr)![1]!
    await expect.poll(() => tried(() => readFileSync(at('opened'), 'utf8')), { timeout: 60_000 }).toBe(`${path}\n`)
    expect(readFileSync(path, 'utf8')).toContain('<h1>browse')
    expect(opened.stdout).toMatch(/\n\nPassed: browse: 1 budget kept\n$/)
    const inCi = await runCli(built, args([...flags, '--html', 'ci.html']), {
      cwd: scratch,
      env: { ...env, CI: 'true' },
    })
    expect(inCi.stderr).toBe('The page is not opened: this is CI.\n')
    const placeless = await runCli(built, args(flags), { cwd: scratch, env: { ...env, TMPDIR: at('nowhere') } })
    expect(placeless).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nPassed: browse: 1 budget kept\n$/) })
    expect(placeless.stderr).toMatch(/^Failed to write the page: ENOENT: .*\. Use --html, or let TMPDIR name .*\.\n$/)
  })

  test('bad shapes and budgets are told all at once', async () => {
    const { code, stderr } = await load('--rps', 'many', '--duratoin', '3s')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'Failed to read --duratoin: there is no such flag. Did you mean --duration?\n',
    })
    const shape = await load('--rps', 'many', '--vus', '3', '--budget', 'p99<10 apples', '--budget', 'p9x<1s')
    expect(shape.code).toBe(2)
    for (const word of ['--vus', '--budget p99', '--budget p9x']) expect(shape.stderr).toContain(word)
    const steps = await load('--rate', '10', '--duration', '1s', '--budget', 'steps.lsit.p99<1s')
    expect(steps.stderr).toMatch(/^Failed to read --budget steps\.lsit: /)
  })
})

test('a page is opened without a shell, whatever its path holds', () => {
  const path = '/a&calc ;$(x)`y`.html'
  const openers = ['linux', 'darwin', 'win32', '__proto__'].map(platform => openerOf(platform, path))
  expect(openers.map(([command]) => command)).toEqual(['xdg-open', 'open', 'rundll32', 'xdg-open'])
  for (const [, args] of openers) expect(args.at(-1)).toBe(path)
})

describe('report', () => {
  test('shows results again, merged by load test', async () => {
    const { code, stdout } = await cli(
      'results',
      'show',
      'results.json',
      'results.json',
      'failed.json',
      '--html',
      'all.html',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}✓ browse: all 4 budgets kept\n +50 requests\/s/)
    expect(stdout).toMatch(/\n {2}✗ browse under load: nothing passed/)
    // A line for all that are kept, and one for each where all is asked for.
    const each = /\n {2}✓ errorRate +0 % {2}<= 1 %/
    expect(stdout).not.toMatch(each)
    expect((await cli('results', 'show', 'results.json', '--verbose')).stdout).toMatch(each)
    expect(readFileSync(at('all.html'), 'utf8')).toContain('<title>2 load tests</title>')
    expect((await cli('results', 'show', 'results.json', 'failed.json', '--verdict')).code).toBe(1)
    // Worse than undecided.
    const open = parseResult(readFileSync(at('results.json'), 'utf8'), 'results.json')
    const undecided = { ...open, name: 'cut', report: { ...open.report, state: 'cut short' as const } }
    writeFileSync(at('cut.json'), resultText(undecided))
    expect((await cli('results', 'show', 'cut.json', '--verdict')).code).toBe(3)
    expect((await cli('results', 'show', 'cut.json', 'failed.json', '--verdict')).code).toBe(1)
    // What has lost its verdicts is judged anew.
    const verdicts = open.report.verdicts.map(({ budget }) => budget)
    expect(verdicts.length).toBeGreaterThan(0)
    const lost = { ...open.report, verdicts: [], errorRate: 0.5 }
    writeFileSync(at('lost.json'), resultText({ ...open, name: 'lost', report: lost }))
    expect((await cli('results', 'show', 'lost.json', '--verdict')).code).toBe(1)
    expect((await cli('results', 'show', 'results.json', 'failed.json', '--output', 'x.json')).code).toBe(2)
    expect((await cli('results', 'show', 'results.json', 'results.json', '--output', 'x.json')).code).toBe(0)
    const [one, two] = ['results.json', 'x.json'].map(name => parseResult(readFileSync(at(name), 'utf8'), name))
    expect(two!.report.requests).toBe(2 * one!.report.requests)
  })

  test('what is no result is refused, every file with its reason', async () => {
    writeFileSync(at('other.json'), '{ "version": 1 }')
    const { code, stderr } = await cli('results', 'show', 'none.json', 'other.json')
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^Failed to read none\.json: there is no such file\. Correct the path\.\nFailed to read other\.json: it is not a result/,
    )
  })
})

describe('validate', () => {
  test('shows problems in three formats', async () => {
    writeFileSync(at('bad.arazzo.yaml'), document.replace('operationId: listBooks', 'operationId: listBook'))
    const text = await cli('validate')
    expect(text.code).toBe(2)
    expect(text.stdout).toMatchInlineSnapshot(`
      "bad.arazzo.yaml:9:22: Failed to resolve operation "listBook": source "library" has no such operationId. Did you mean "listBooks"?
         7 |     steps:
         8 |       - stepId: list
      >  9 |         operationId: listBook
           |                      ^
        10 |         parameters: [{ name: most, in: query, value: $inputs.most }]
        11 |         outputs: { id: $response.body#/0/id }

      library.arazzo.yaml:10:30: Warning: Failed to read parameter "most" of step "list": GET /books has no query parameter "most". It is sent as written: declare it in the description, or remove it.
         8 |       - stepId: list
         9 |         operationId: listBooks
      > 10 |         parameters: [{ name: most, in: query, value: $inputs.most }]
           |                              ^
        11 |         outputs: { id: $response.body#/0/id }
        12 |         successCriteria: [{ condition: $statusCode == 200 }]

      2 documents, 1 error, 1 warning
      "
    `)
    const { stdout: annotations } = await cli('validate', 'bad.arazzo.yaml', '--format', 'github')
    expect(annotations.split('\n')[0]).toMatchInlineSnapshot(
      `"::error file=bad.arazzo.yaml,line=9,col=22,title=undefined-operation::Failed to resolve operation "listBook": source "library" has no such operationId. Did you mean "listBooks"?"`,
    )
    const { stdout: json, code } = await cli('validate', 'bad.arazzo.yaml', '--format', 'json')
    expect(code).toBe(2)
    expect(JSON.parse(json)[0]).toMatchObject({ code: 'undefined-operation', at: { line: 9 } })
  })

  test('a document with nothing but warnings is not faulty, and fails where they are to be none', async () => {
    expect((await cli('validate', 'library.arazzo.yaml')).code).toBe(0)
    expect((await cli('validate', 'library.arazzo.yaml', '--strict')).code).toBe(1)
    expect((await cli('validate', 'bad.arazzo.yaml', '--strict')).code).toBe(2)
  })

  test('load tests in documents are checked too', async () => {
    writeFileSync(at('load.arazzo.yaml'), document.replace('duration: 1s', 'duraton: 1s'))
    const { code, stdout } = await cli('validate', 'load.arazzo.yaml')
    expect(code).toBe(2)
    expect(stdout).toContain('Did you mean "duration"?')
  })

  test('the file of a source is named from where the command is called, as by the other commands', async () => {
    mkdirSync(at('moved/api'), { recursive: true })
    copyFileSync(openapi, at('moved/api.yaml'))
    writeFileSync(at('moved/api/library.arazzo.yaml'), document.replace(openapi, './gone.yaml'))
    const call = (...args: string[]) => askCli(built, [...args, '--source', 'library=api.yaml'], at('moved'))
    expect(await call('validate')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 document, 0 errors') })
    const run = await call('run', 'api/library.arazzo.yaml#other', '--server', library.url)
    expect(run.stderr + run.stdout).toContain('GET')
    rmSync(at('moved'), { recursive: true })
  })

  test('files that are not there', async () => {
    expect(await cli('validate', 'nope.yaml')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Failed to find a document: there is no nope.yaml. Correct the path.\n',
    })
  })
})
