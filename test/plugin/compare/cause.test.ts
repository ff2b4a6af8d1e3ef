import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
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

/** A machine that runs other tests needs longer for the pairs that a cause takes. */
const CONFIG = `import arazzo from 'vitest-arazzo/plugin'
const server = { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }
const compare = { git: 'merge-base', maxDuration: '100s', warmUp: '3s' }
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

const slow = { timeout: 240_000 }

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
  expect(output).toMatch(/Profiles: .*base\.cpuprofile, .*head\.stacks\.txt/)
})
