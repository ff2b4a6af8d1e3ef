/**
 * Bar e of the fast lane: answers of 100 MB of JSON, eight at a time, two outputs (the first member and the last), and
 * the memory of the whole process grows by less than 100 MB, load thread and all, from before the run to its peak.
 * Takes 10 to 30 s (24 answers, 2.4 GB). Run: `npm run bench -- large [answers a user]`.
 */
import { fileURLToPath } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'
import { Bars, megabytes, watchMemory } from './bars.ts'
import { startTarget } from './target.ts'

const [each = 3] = process.argv.slice(2).map(Number)
const { origin, child } = await startTarget('large-server.js')
const memory = watchMemory()
const report = await runLoad({
  workflow: `${fileURLToPath(new URL('../documents/large.arazzo.yaml', import.meta.url))}#read`,
  servers: origin,
  load: { vus: 8, iterations: each, maxDuration: '5m', threads: 1 },
})
const growth = memory.growth()
child.kill()

const { arrivals, responseTime, transport } = report
const bars = new Bars()
console.log(`${transport.name}, ${arrivals.passed} answers of 100 MB, p50 ${responseTime.p50} ms`)
bars.clean(report)
bars.check('answers read', `${arrivals.passed} (bar: ${8 * each})`, arrivals.passed === 8 * each)
bars.check('memory growth', `${megabytes(growth)} (bar: under 100 MB)`, growth < 100e6)
process.exit(bars.exitCode)
