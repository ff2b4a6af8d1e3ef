import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { thoroughly } from '../../builders/thorough.ts'
import { place, run, stored } from './items.ts'

/* The cause of a missed budget, in runs of Vitest in real repositories. */

const APP = `const { priceOf } = require('./prices.cjs')
const { readFileSync } = require('node:fs')
const cart = Array.from({ length: 400 }, (_, i) => ({ name: 'item ' + i, price: i }))
require('node:http').createServer((request, response) => {
  if (request.url === '/health') return response.end('ok')
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ total: priceOf(cart) }))
}).listen(process.env.PORT, '127.0.0.1')
`

const prices = (price: string) => `
exports.priceOf = function priceOf(cart) {
  let total = 0
  for (const item of cart) {
    total += ${price}
  }
  return total
}
`

const loadTests = (...tests: (readonly [name: string, workflow: string, budgets: object])[]) =>
  `import { loadTest } from 'vitest-arazzo'
for (const [name, workflow, budgets] of ${JSON.stringify(tests)})
  loadTest(name, { workflow: './items.arazzo.yaml#' + workflow, load: { vus: 2, duration: '1s' }, budgets })
`

/** A machine that runs other tests needs longer for the pairs that a cause takes. */
const configOf = (warmUp: string) => `import arazzo from 'vitest-arazzo/plugin'
const server = { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }
const compare = { git: 'merge-base', maxDuration: '140s', warmUp: '${warmUp}' }
export default {
  plugins: [arazzo({ server, compare, maxCauseDuration: '100s' })],
  test: { include: ['*.load.test.js'] },
}
`
/** Until an application is warm on such a machine. */
const WARM = configOf('5s')

const slow = { timeout: 400_000 }

test('names the function and the line that cost more, and shows it', slow, async () => {
  const repository = place(
    { 'app.cjs': APP, 'prices.cjs': prices('item.price') },
    {
      'prices.cjs': prices('JSON.parse(JSON.stringify(item)).price'),
      'list.load.test.js': loadTests(['list', 'list', { cpuPerRequest: 'base + 5%' }]),
      'vitest.config.mjs': WARM,
    },
  )
  const { code, stdout, stderr } = await run(repository)
  expect(code).toBe(1)
  const output = stripVTControlCharacters(stdout + stderr)
  expect(output).toMatch(
    /Cause: priceOf \(prices\.cjs:5\) uses 0\.\d+ ms more per request, \d+ to \d+ % of the increase.*\. Changed in this branch\./,
  )
  expect(output).toMatch(/> 5 \| {5}total \+= JSON\.parse.*\n {4}\| {5}\^[\s\S]* ❯ priceOf prices\.cjs:5:5\n/)
  const [budget] = stored(repository)[0]!.comparison.budgets
  expect(budget).toMatchObject({
    verdict: 'fail',
    cause: { kind: 'function', function: { name: 'priceOf', file: 'prices.cjs', line: 5, isChanged: true } },
  })
  const reports = join(repository.top, '.vitest-arazzo')
  expect(readFileSync(join(reports, 'comment.md'), 'utf8')).toContain('priceOf')
  const written = readdirSync(reports, { recursive: true, encoding: 'utf8' }).map(path => basename(path))
  const profiles = ['base.cpuprofile', 'base.stacks.txt', 'head.cpuprofile', 'head.stacks.txt']
  expect(written).toEqual(expect.arrayContaining(profiles))
  const page = readdirSync(reports, { recursive: true, encoding: 'utf8' }).find(path => path.endsWith('report.html'))
  expect(readFileSync(join(reports, page!), 'utf8')).toMatch(/class="icicle"[\s\S]*priceOf \(prices\.cjs:\d+\)/)
  expect(output).toMatch(/Profiles: .*base\.cpuprofile, .*head\.stacks\.txt/)
})

/** Asks a service twice for each request, and `times` times for each of `/items`. */
const asking = (times: number, port: number) => `const net = require('node:net')
const http = require('node:http')
const waiting = []
let socket
const ask = () => new Promise(resolve => {
  socket ??= net.connect(${port}, '127.0.0.1').on('data', data => {
    for (const _ of data) waiting.shift()()
  })
  waiting.push(resolve)
  socket.write('x')
})
http.createServer(async ({ url }, response) => {
  if (url === '/health') return response.end('ok')
  for (let i = 0; i < (url === '/items' ? ${times} : 2); i++) await ask()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}).listen(process.env.PORT, '127.0.0.1')
`

describe('round trips', () => {
  const service = createServer(socket => socket.on('data', data => socket.write(data)).on('error', () => {}))
  let port = 0
  beforeAll(async () => {
    await once(service.listen(0, '127.0.0.1'), 'listening')
    port = (service.address() as AddressInfo).port
  })
  afterAll(() => void service.close())

  /** Compares an application that asks ten times more for each of `/items` with one that does not. */
  async function compared(config: string, ...tests: Parameters<typeof loadTests>) {
    const changed = { 'list.load.test.js': loadTests(...tests), 'vitest.config.mjs': config }
    const repository = place({ 'app.cjs': asking(2, port) }, { 'app.cjs': asking(12, port), ...changed })
    const { code, stdout, stderr } = await run(repository)
    expect(code).toBe(1)
    return { found: stored(repository), output: stripVTControlCharacters(stdout + stderr) }
  }

  test(
    'that head makes in addition fail a budget of them, and as many pass, by two pairs of launches',
    slow,
    async () => {
      const budgets = { roundTrips: 'base + 0' }
      const { found, output } = await compared(configOf('200ms'), ['more', 'list', budgets], ['same', 'other', budgets])
      const [more, same] = ['more', 'same'].map(name => found.find(one => one.name === name)!.comparison)
      expect(more).toMatchObject({ pairs: 2, budgets: [{ verdict: 'fail', figures: { base: 2, head: 12 } }] })
      expect(same).toMatchObject({ pairs: 2, budgets: [{ verdict: 'pass' }] })
      expect(output).toContain(`12 to 127.0.0.1:${port}, base made 2.`)
    },
  )

  thoroughly('that head makes in addition are the cause of CPU time', slow, async () => {
    const { found, output } = await compared(WARM, ['list', 'list', { cpuPerRequest: 'base + 20%' }])
    const to = `127.0.0.1:${port}`
    const cause = { kind: 'round trips', to, trips: { base: 2, head: 12 } }
    expect(found[0]!.comparison.budgets[0]).toMatchObject({ verdict: 'fail', cause })
    expect(output).toContain(`Cause: 12 round trips for each request to ${to}, base made 2`)
  })
})
