import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withCauseOfLoad } from '../../plugin/cause-of-load.ts'
import { type CompareSettings, causeSettings } from '../../plugin/compare/settings.ts'
import type { Cause, LoadReport } from '../../src/measure/report.ts'
import { parseResult } from '../../src/report/result.ts'
import { PYTHON_SERVER } from '../builders/python-server.ts'
import { documents } from './compare/items.ts'
import { runSuite, writeSuite } from './suites/run-suite.ts'

/* The cause of a missed absolute budget, in runs of Vitest with real applications. */

const CPU = `exports.priceOf = function priceOf(cart) {
  let total = 0
  for (const item of cart) {
    total += JSON.parse(JSON.stringify(item)).price
  }
  return total
}
`

const app = (work: string) => `const { priceOf } = require('./prices.cjs')
const cart = Array.from({ length: 2000 }, (_, i) => ({ name: 'item ' + i, price: i }))
require('node:http').createServer((request, response) => {
  if (request.url === '/health') return response.end('ok')
  ${work}
}).listen(process.env.PORT, '127.0.0.1')
`

const BUSY = app('response.end(JSON.stringify({ total: priceOf(cart) }))')
const config = `import arazzo from 'vitest-arazzo/plugin'
export default {
  plugins: [arazzo({ server: { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }, maxCauseDuration: '100s' })],
  test: { include: ['*.load.test.js'] },
}
`

async function suite(application: string, budgets: object, files: Record<string, string> = {}) {
  const folder = await writeSuite({
    ...documents,
    'app.cjs': application,
    'prices.cjs': CPU,
    'vitest.config.mjs': config,
    'list.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest('list', ${JSON.stringify({
      workflow: './items.arazzo.yaml#list',
      load: { vus: 4, duration: '2s', warmUp: '200ms' },
      budgets,
    })})
`,
    ...files,
  })
  const run = await runSuite(folder)
  const reports = join(folder, '.vitest-arazzo')
  const [own = ''] = readdirSync(reports).filter(name => name.startsWith('list-'))
  const file = join(reports, own, 'result.json')
  const { report } = parseResult(readFileSync(file, 'utf8'), file)
  return { ...run, folder, reports, own: join(reports, own), report }
}

const slow = { timeout: 400_000 }

describe('a missed budget of a load', () => {
  test('names the functions with the most busy time, and shows the line of the first', slow, async () => {
    const run = await suite(BUSY, { cpuPerRequest: '0.1ms', errorRate: '1%' })
    expect(run.exitCode).toBe(1)
    expect(run.printed).toMatch(/Cause: priceOf \(.*prices\.cjs:4\) has \d+ % of the busy time, [\d.]+ ms per request/)
    expect(run.printed).toMatch(/> 4 \| {5}total \+= JSON\.parse.*\n {4}\| {5}\^/)
    const [cpu, errors] = run.report.verdicts
    expect([cpu!.verdict, errors!.cause]).toEqual(['fail', undefined])
    const { functions } = cpu!.cause as Extract<Cause, { kind: 'busy' }>
    expect(functions[0]!.function).toMatchObject({ name: 'priceOf', line: 4 })
    expect(functions[0]!.share).toBeGreaterThan(0.5)
    const profile = JSON.parse(readFileSync(join(run.own, 'app.cpuprofile'), 'utf8'))
    expect(profile.samples.length).toBeGreaterThan(100)
    expect(readFileSync(join(run.own, 'app.stacks.txt'), 'utf8')).toMatch(/;priceOf \(.*prices\.cjs:1\) \d+\n/)
    expect(run.printed).toMatch(/Profiles: .*app\.cpuprofile, .*app\.stacks\.txt/)
    for (const path of [join(run.reports, 'comment.md'), join(run.own, 'summary.md'), join(run.own, 'report.html')])
      expect(readFileSync(path, 'utf8'), path).toContain('priceOf')
  })

  test('keeps its verdict, and says why there is no cause', slow, async () => {
    const once = "const { existsSync, writeFileSync } = require('node:fs')\nif (existsSync('once')) process.exit(3)\n"
    const run = await suite(`${once}writeFileSync('once', '')\n${BUSY}`, { cpuPerRequest: '0.1ms' })
    expect(run.report.verdicts[0]).toMatchObject({
      verdict: 'fail',
      cause: { kind: 'not found', reason: expect.stringMatching(/^it did not start/) },
    })
    expect(run.printed).toMatch(/Cause: not found: it did not start/)
    expect(existsSync(join(run.own, 'app.cpuprofile'))).toBe(false)
  })
})

const PYTHON = `${PYTHON_SERVER}

from prices import price_of

CART = [{'name': 'item %d' % i, 'price': i} for i in range(300)]


def answer(path, _):
    return {'total': 0 if path == '/health' else price_of(CART)}


asyncio.run(serve(answer))
`

const PRICES = `import json


def price_of(cart):
    total = 0
    for item in cart:
        total += json.loads(json.dumps(item))['price']
    return total
`

const URL_OF_PROFILE = 'http://127.0.0.1:{port}/profile?seconds={seconds}'

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('an application in Python', () => {
  const python = (cause: object) =>
    suite(
      '',
      { cpuPerRequest: '0.1ms' },
      {
        'app.py': PYTHON,
        'prices.py': PRICES,
        'fetch.mjs': `import { writeFileSync } from 'node:fs'
const [url, file] = process.argv.slice(2)
writeFileSync(file, await (await fetch(url)).text())
`,
        'vitest.config.mjs': config
          .replace('node app.cjs', 'python3 app.py')
          .replace('maxCauseDuration', `cause: ${JSON.stringify(cause)}, maxCauseDuration`),
      },
    )

  test.each([
    ['a page', { url: URL_OF_PROFILE }],
    ['a program', { command: `node fetch.mjs '${URL_OF_PROFILE}' '{file}'` }],
  ])('has its cause by the profile of %s', slow, async (_, cause) => {
    const run = await python(cause)
    expect(run.printed).toMatch(/Cause: price_of \(.*prices\.py:\d+\) has \d+ % of the busy time/)
    const { functions } = run.report.verdicts[0]!.cause as Extract<Cause, { kind: 'busy' }>
    expect(functions[0]!.function).toMatchObject({ name: 'price_of' })
    expect(functions[0]!.share).toBeGreaterThan(0.5)
    expect(readFileSync(join(run.own, 'app.stacks.txt'), 'utf8')).toMatch(/;price_of \(.*prices\.py:\d+\)/)
  })

  test.each([
    [{ url: 'http://127.0.0.1:{port}/health' }, 'it has neither collapsed stacks nor the format of pprof'],
    [{ command: 'echo no such process >&2; exit 3 # {file}' }, 'it exited with code 3 (no such process)'],
  ])('says why there is no profile: %j', slow, async (cause, reason) => {
    const run = await python(cause)
    expect(run.report.verdicts[0]).toMatchObject({ verdict: 'fail', cause: { kind: 'not found' } })
    expect(run.printed).toContain(reason)
  })
})

describe('a look for the cause of a load', () => {
  const budget = (metric: string, more = {}) => ({ key: metric, metric, of: 'requests', ...more })
  const withoutValue = (report: LoadReport): LoadReport => ({
    ...report,
    verdicts: report.verdicts.map(({ judged: _, ...rest }) => rest),
  })
  const reportOf = (verdict: string, ...budgets: object[]) =>
    ({
      state: 'completed',
      budgets,
      verdicts: budgets.map(one => ({
        budget: (one as { key: string }).key,
        verdict,
        because: 'It is.',
        reasons: [],
        judged: { value: 30 },
      })),
    }) as unknown as LoadReport

  /** Looks where no application can be started. */
  const lookAt = (
    report: LoadReport,
    cause: 'auto' | boolean = 'auto',
    signal = new AbortController().signal,
    alone = <T>(look: () => Promise<T>) => look(),
  ) =>
    withCauseOfLoad(report, {
      application: { cause: causeSettings({ cause }) } as CompareSettings,
      signal,
      read: () => Promise.reject(new Error('nothing is read')),
      alone,
    })

  test.each<[string, LoadReport, ('auto' | boolean)?, AbortSignal?]>([
    ['all budgets pass', reportOf('pass', budget('percentile'))],
    ['none is decided', reportOf('inconclusive', budget('percentile'))],
    ['none is wanted', reportOf('fail', budget('percentile')), false],
    ['only errors missed a budget', reportOf('fail', budget('errorRate')), true],
    ['another target missed a budget', reportOf('fail', budget('cpu', { of: 'target', target: 'db' }))],
    ['the generator missed a budget', reportOf('fail', budget('cpu', { of: 'generator' }))],
    ['the run is ended', reportOf('fail', budget('percentile')), 'auto', AbortSignal.abort()],
    ['all requests failed, and there is no value', withoutValue(reportOf('fail', budget('percentile')))],
  ])('starts nothing and changes nothing if %s', async (_, report, cause, signal) => {
    const alone = () => Promise.reject(new Error('other load is not waited for'))
    expect((await lookAt(report, cause, signal, alone)).report).toBe(report)
  })

  test('that the end of the run forestalls keeps the verdict', async () => {
    const report = reportOf('fail', budget('percentile'))
    const [found] = (await lookAt(report, 'auto', undefined, () => Promise.reject(new Error('ended')))).report.verdicts
    expect(found).toMatchObject({ verdict: 'fail', cause: { kind: 'not found', reason: 'the run was ended' } })
  })

  test.each<[string, LoadReport, boolean?]>([
    ['a budget has failed', reportOf('fail', budget('percentile'))],
    ['it is wanted in any case', reportOf('pass', budget('rps')), true],
  ])('that comes to nothing keeps the verdict, and says why: %s', async (_, report, cause) => {
    const [{ verdict: before }] = report.verdicts as [LoadReport['verdicts'][number]]
    const [found] = (await lookAt(report, cause)).report.verdicts
    expect(found).toMatchObject({
      verdict: before,
      cause: { kind: 'not found', reason: expect.stringContaining('fixed port') },
      because: before === 'fail' ? expect.stringMatching(/^It is\. Cause: not found: .*fixed port/) : 'It is.',
    })
  })
})
