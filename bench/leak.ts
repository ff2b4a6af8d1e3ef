/**
 * Bar: a server that leaks 1 MB for every 1,000 requests fails a `memoryGrowth` of half of that, with the slope within
 * 15 %, every time; one that does not leak passes at least 19 times out of 20. Each run has a server of its own, which
 * has answered 20,000 requests (at most 10 s of them) before: a young process grows whether it leaks or not. Takes
 * about 5 minutes. Run: `npm run bench -- leak [runs without a leak] [runs with one]`.
 */
import { fileURLToPath } from 'node:url'
import { type LoadReport, runLoad } from 'vitest-arazzo/engine'
import { startServer } from './target.ts'

const [sound = 20, leaking = 4] = process.argv.slice(2).map(Number)
const workflow = fileURLToPath(new URL('../documents/ping.arazzo.yaml', import.meta.url))
/** Bytes for every 1,000 requests. */
const LEAK = 1_000_000
const budget = '500KB/1000 requests'

async function run(kind: 'leak' | 'sound'): Promise<LoadReport> {
  const { origin, child } = await startServer('leaky-server.js', [kind])
  try {
    const common = { workflow, servers: origin, target: { pid: child.pid! } }
    await runLoad({ ...common, load: { vus: 8, iterations: 2_500, maxDuration: '10s', threads: 1 } })
    return await runLoad({
      ...common,
      // Closed: requests that pile up while the machine is busy are memory too.
      load: { vus: 8, duration: '7s', warmUp: '1s', threads: 1 },
      budgets: { memoryGrowth: budget },
    })
  } finally {
    child.kill()
  }
}

function describe({ target, verdicts, requests }: LoadReport): string {
  const growth = target!.memoryGrowth!.per1000Requests!
  const { value: slope, lower: low = Number.NEGATIVE_INFINITY, upper: high = Number.POSITIVE_INFINITY } = growth
  const [value, lower, upper] = [slope, low, high].map(bytes => (bytes / 1e3).toFixed(0))
  const { verdict } = verdicts[0]!
  return `${verdict}: ${value} kB for 1,000 requests (${lower} to ${upper}), ${requests} requests`
}

let failed = 0
let near = 0
for (let number = 1; number <= leaking; number++) {
  const report = await run('leak')
  const slope = report.target!.memoryGrowth!.per1000Requests!.value
  if (report.verdicts[0]!.verdict === 'fail') failed++
  if (Math.abs(slope / LEAK - 1) <= 0.15) near++
  console.log(`${number} leaks 1,000 kB: ${describe(report)}`)
}
let passed = 0
for (let number = 1; number <= sound; number++) {
  const report = await run('sound')
  if (report.verdicts[0]!.verdict === 'pass') passed++
  console.log(`${number} does not leak: ${describe(report)}`)
}
const needed = Math.ceil(sound * 0.95)
const met = (good: boolean) => (good ? 'met' : 'not met')
console.log(`leaking: ${failed} of ${leaking} fail (bar: ${leaking}): ${met(failed === leaking)}`)
console.log(`leaking: ${near} of ${leaking} within 15 % of 1 MB (bar: ${leaking}): ${met(near === leaking)}`)
console.log(`sound: ${passed} of ${sound} pass (bar: ${needed}): ${met(passed >= needed)}`)
process.exit(failed === leaking && near === leaking && passed >= needed ? 0 : 1)
