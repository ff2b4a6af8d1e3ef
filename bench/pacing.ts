/**
 * Bar: at 1,000/s and 10,000/s for 10 s, uniform and Poisson, as many iterations start as planned within 0.1 %, and 99 % of
 * them less than 2 ms late, on a quiet core. What is planned is worked out here from the plan; what started is counted by
 * the generator and, independently, by the server, which has the other core and answers at once.
 * Takes about 50 s. Run: `npm run bench:pacing [seconds]`.
 */
import { type LoadReport, percentileOf, runLoad } from 'vitest-arazzo/engine'
import { arrivalsOf } from '../src/load/arrivals.ts'
import { windowOf } from '../src/load/load-plan.ts'
import { readShape } from '../src/load/shape.ts'
import { ascending, ask, inWindow, rankOf, startKnownServer } from './known.ts'
import { pinToGeneratorCore } from './target.ts'

await pinToGeneratorCore()
const [seconds = 10] = process.argv.slice(2).map(Number)
const server = await startKnownServer()

/** When iterations are due, from the beginning of the measured window. */
function plannedTimes(shape: object): number[] {
  const { plan } = readShape(shape)
  if (plan?.model !== 'open') throw new Error('Failed to plan: no open model.')
  const { from, to } = windowOf(plan)
  const times: number[] = []
  const arrivals = arrivalsOf(plan, { index: 0, count: 1 }, 1)
  for (; arrivals.next !== undefined; arrivals.take())
    if (arrivals.next >= from && arrivals.next < to) times.push(arrivals.next - from)
  return times
}

/**
 * How late the server saw requests come in, 99 % of them: another clock, which nothing of the generator's has touched. It
 * knows when the run began only to the millisecond, so the earliest request is taken for punctual.
 */
function seenLate(at: readonly number[], planned: readonly number[]): number {
  const late = ascending(at).map((time, index) => time - (planned[index] ?? Number.NaN))
  const least = late.reduce((a, b) => Math.min(a, b))
  return rankOf(ascending(late), 0.99) - least
}

const ms = (value: number) => `${value.toFixed(2)} ms`

function waitedFor({ generator }: LoadReport): string {
  const waited = generator.threads[0]?.waited
  return waited === undefined ? '' : `; the generator waited for its core ${(waited * 100).toFixed(1)} %`
}

let isMet = true
for (const rate of [1_000, 10_000]) {
  for (const arrivals of ['uniform', 'poisson'] as const) {
    const load = { rate, duration: seconds * 1_000, warmUp: 2_000, arrivals, threads: 1 }
    const planned = plannedTimes(load)
    server.begin({ kind: 'none' })
    const report = await runLoad({ workflow: ask, servers: server.origin, load })
    const { at } = inWindow(await server.served(), report)
    const { started } = report.measuredArrivals
    const off = Math.abs(started - planned.length) / planned.length
    const { lateness } = report.generator
    const p99 = percentileOf(lateness, 0.99)
    const [counts, punctual] = [off <= 0.001 && lateness.count === started, p99 < 2]
    isMet &&= counts && punctual
    console.log(`${rate}/s, ${arrivals}, ${seconds} s`)
    console.log(
      `  starts: ${started} of ${planned.length} planned, off by ${(off * 100).toFixed(3)} % (bar: 0.1 %): ${counts ? 'met' : 'not met'}; the server saw ${at.length}`,
    )
    console.log(
      `  late: p50 ${ms(lateness.p50)}, p99 ${ms(p99)} (bar: under 2 ms): ${punctual ? 'met' : 'not met'}; p99.9 ${ms(lateness.p999)}, most ${ms(lateness.max)}; p99 as the server saw it ${ms(seenLate(at, planned))}${waitedFor(report)}`,
    )
  }
}
console.log(`pacing: ${isMet ? 'met' : 'not met'}`)
server.child.kill()
process.exit(isMet ? 0 : 1)
