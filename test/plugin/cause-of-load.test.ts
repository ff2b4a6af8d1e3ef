import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseResult } from '../../src/report/result.ts'
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

const BUSY = app("response.end(JSON.stringify({ total: priceOf(cart) }))")
const WAITING = app("setTimeout(() => response.end('{}'), 60)")

const config = (more = '') => `import arazzo from 'vitest-arazzo/plugin'
export default {
  plugins: [arazzo({ server: { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }${more} })],
  test: { include: ['*.load.test.js'] },
}
`

async function suite(application: string, budgets: object, { options = '', load = {} } = {}) {
  const folder = await writeSuite({
    ...documents,
    'app.cjs': application,
    'prices.cjs': CPU,
    'vitest.config.mjs': config(options),
    'list.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest('list', ${JSON.stringify({
      workflow: './items.arazzo.yaml#list',
      load: { vus: 4, duration: '2s', warmUp: '200ms', ...load },
      budgets,
    })})
`,
  })
  const run = await runSuite(folder)
  const reports = join(folder, '.vitest-arazzo')
  const [own = ''] = readdirSync(reports).filter(name => name.startsWith('list-'))
  const file = join(reports, own, 'result.json')
  const { report } = parseResult(readFileSync(file, 'utf8'), file)
  return { ...run, folder, reports, own: join(reports, own), report }
}

const slow = { timeout: 120_000 }

describe('a missed budget of a load', () => {
  test('names the functions with the most busy time, and shows the line of the first', slow, async () => {
    const run = await suite(BUSY, { p50: '1ms', cpuPerRequest: '0.1ms', errorRate: '1%' })
    expect(run.exitCode).toBe(1)
    expect(run.printed).toMatch(/Cause: priceOf \(.*prices\.cjs:4\) has \d+ % of the busy time, [\d.]+ ms per request/)
    expect(run.printed).toMatch(/> 4 \| {5}total \+= JSON\.parse.*\n {4}\| {5}\^/)
    const causes = run.report.verdicts.map(({ budget, cause }) => [budget, cause?.kind])
    expect(causes).toEqual([
      ['p50', 'busy'],
      ['cpuPerRequest', 'busy'],
      ['errorRate', undefined],
    ])
    const { functions } = run.report.verdicts[0]!.cause as { functions: { function: object; share: number }[] }
    expect(functions[0]).toMatchObject({ function: { name: 'priceOf', line: 4 } })
    expect(functions[0]!.share).toBeGreaterThan(0.5)
    const profile = JSON.parse(readFileSync(join(run.own, 'app.cpuprofile'), 'utf8'))
    expect(profile.samples.length).toBeGreaterThan(100)
    expect(readFileSync(join(run.own, 'app.stacks.txt'), 'utf8')).toMatch(/;priceOf \(.*prices\.cjs:1\) \d+\n/)
    expect(run.printed).toMatch(/Profiles: .*app\.cpuprofile, .*app\.stacks\.txt/)
    for (const path of [join(run.reports, 'comment.md'), join(run.own, 'summary.md'), join(run.own, 'report.html')])
      expect(readFileSync(path, 'utf8'), path).toContain('priceOf')
  })

  test('names no function if the application waited', slow, async () => {
    const run = await suite(WAITING, { p99: '40ms' })
    expect(run.report.verdicts[0]).toMatchObject({ verdict: 'fail', cause: { kind: 'waited' } })
    expect(run.printed).toMatch(/Cause: the application waited: its event loop was busy [\d.]+ % of the time/)
  })

  test.each<[string, string, object, string]>([
    ['all budgets pass', BUSY, { p99: '20s' }, ''],
    ['it is not wanted', BUSY, { p50: '1ms' }, ', cause: false'],
    ['only errors missed their budget', app('response.writeHead(500).end()'), { errorRate: '1%' }, ''],
  ])('is not looked into if %s', slow, async (_, application, budgets, options) => {
    const counting = `require('node:fs').appendFileSync('starts.txt', 'x')\n${application}`
    const run = await suite(counting, budgets, { options })
    expect(readFileSync(join(run.folder, 'starts.txt'), 'utf8')).toBe('x')
    expect(run.report.verdicts.map(({ cause }) => cause)).toEqual([undefined])
    expect(existsSync(join(run.own, 'app.cpuprofile'))).toBe(false)
  })

  test('keeps its verdict, and says why there is no cause', slow, async () => {
    const once = "const { existsSync, writeFileSync } = require('node:fs')\nif (existsSync('once')) process.exit(3)\n"
    const run = await suite(`${once}writeFileSync('once', '')\n${BUSY}`, { p50: '1ms' })
    expect(run.report.verdicts[0]).toMatchObject({
      verdict: 'fail',
      cause: { kind: 'not found', reason: expect.stringContaining('did not start') },
    })
    expect(run.printed).toMatch(/Cause: not found: .*it did not start/)
  })
})
