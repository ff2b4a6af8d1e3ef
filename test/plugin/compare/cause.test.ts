import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const LOAD_TEST = `import { loadTest } from 'vitest-arazzo'
loadTest('list', {
  workflow: './items.arazzo.yaml#list',
  load: { vus: 2, duration: '1s' },
  budgets: { cpuPerRequest: 'base + 5%' },
})
`

/** A machine that runs other tests needs longer for the pairs that a cause takes, and until an application is warm. */
const CONFIG = `import arazzo from 'vitest-arazzo/plugin'
const server = { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }
const compare = { git: 'merge-base', maxDuration: '140s', warmUp: '5s' }
export default {
  plugins: [arazzo({ server, compare, maxCauseDuration: '100s' })],
  test: { include: ['*.load.test.js'] },
}
`

const here = (head: string) =>
  place(
    { 'app.cjs': APP, 'prices.cjs': prices('item.price') },
    { 'prices.cjs': prices(head), 'list.load.test.js': LOAD_TEST, 'vitest.config.mjs': CONFIG },
  )

const slow = { timeout: 400_000 }

test('names the function and the line that cost more, and shows it', slow, async () => {
  const repository = here('JSON.parse(JSON.stringify(item)).price')
  const { code, stdout, stderr } = await run(repository)
  expect(code).toBe(1)
  const output = stripVTControlCharacters(stdout + stderr)
  expect(output).toMatch(
    /Cause: priceOf \(prices\.cjs:5\) uses 0\.\d+ ms more per request, \d+ to \d+ % of the increase.*\. Changed in this branch\./,
  )
  expect(output).toMatch(/> 5 \| {5}total \+= JSON\.parse.*\n {4}\| {5}\^[\s\S]* ❯ priceOf prices\.cjs:5:5\n/)
  const [budget] = stored(repository)!.comparison.budgets
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

/** Asks a service once for each of some items. */
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
http.createServer(async (request, response) => {
  if (request.url === '/health') return response.end('ok')
  for (let i = 0; i < ${times}; i++) await ask()
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

  const compared = (base: number, head: number, budgets: string) => {
    const test = LOAD_TEST.replace("cpuPerRequest: 'base + 5%'", budgets)
    const changed = { 'app.cjs': asking(head, port), 'list.load.test.js': test, 'vitest.config.mjs': CONFIG }
    return place({ 'app.cjs': asking(base, port) }, changed)
  }

  test('that head makes in addition fail a budget of them', slow, async () => {
    const repository = compared(2, 12, "roundTrips: 'base + 0'")
    const { code, stdout, stderr } = await run(repository)
    expect(code).toBe(1)
    const { pairs, budgets } = stored(repository)!.comparison
    expect([pairs, budgets[0]]).toMatchObject([2, { verdict: 'fail', figures: { base: 2, head: 12 } }])
    expect(stripVTControlCharacters(stdout + stderr)).toContain(`12 to 127.0.0.1:${port}, base made 2.`)
  })

  test('that head makes in addition are the cause of CPU time', slow, async () => {
    const repository = compared(2, 12, "cpuPerRequest: 'base + 20%'")
    const { code, stdout, stderr } = await run(repository)
    expect(code).toBe(1)
    const [cpu] = stored(repository)!.comparison.budgets
    const to = `127.0.0.1:${port}`
    expect(cpu).toMatchObject({ verdict: 'fail', cause: { kind: 'round trips', to, trips: { base: 2, head: 12 } } })
    const output = stripVTControlCharacters(stdout + stderr)
    expect(output).toContain(`Cause: 12 round trips for each request to ${to}, base made 2`)
  })

  test('as many as on base pass by two pairs of launches', slow, async () => {
    const repository = compared(2, 2, "roundTrips: 'base + 0'")
    const { code } = await run(repository)
    expect(stored(repository)!.comparison).toMatchObject({ pairs: 2, budgets: [{ verdict: 'pass' }] })
    expect(code).toBe(0)
  })
})
