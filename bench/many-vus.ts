/**
 * Bar g of the fast lane: 1,000 virtual users on 1,000 connections of their own. The memory of the whole process grows
 * by less than 150 MB from before the run to its peak, and the slowest user makes at least half as many iterations as
 * the mean. The target counts iterations by connection, which is by user. Takes 20 s. Run: `npm run bench -- many-vus
 * [seconds]`.
 */
import { fileURLToPath } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'
import { Bars, megabytes, watchMemory } from './bars.ts'
import { pinToGeneratorCore, startTarget } from './target.ts'

await pinToGeneratorCore()
const USERS = 1_000
const [seconds = 15] = process.argv.slice(2).map(Number)
const { origin, child } = await startTarget()
const memory = watchMemory()
const report = await runLoad({
  workflow: `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`,
  servers: origin,
  load: { vus: USERS, duration: seconds * 1000, threads: 1 },
  connections: { max: USERS, reuse: 'per user' },
})
const growth = memory.growth()
const counts = (await fetch(`${origin}/iterations`).then(response => response.json())) as number[]
child.kill()

const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
const slowest = Math.min(...counts)
const bars = new Bars()
console.log(
  `${report.transport.name}, ${report.rps.toFixed(0)} requests/s; iterations a user: mean ${mean.toFixed(1)}, fewest ${slowest}, most ${Math.max(...counts)}`,
)
bars.clean(report)
bars.check('connections with iterations', `${counts.length} (bar: ${USERS})`, counts.length === USERS)
bars.check('slowest user', `${(slowest / mean).toFixed(2)} of the mean (bar: 0.5)`, slowest >= mean / 2)
bars.check('memory growth', `${megabytes(growth)} (bar: under 150 MB)`, growth < 150e6)
process.exit(bars.exitCode)
