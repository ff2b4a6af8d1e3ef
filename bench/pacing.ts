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
import { ask, rankOf, startKnownServer } from './known.ts'
import { pinToGeneratorCore } from './target.ts'

await pinToGeneratorCore()
const [seconds = 10] = process.argv.slice(2).map(Number)
const server = await startKnownServer()

/** When the iterations of the whole run are due, and which of them in the measured window. */
function planned(shape: object) {
  const { plan } = readShape(shape)
  if (plan?.model !== 'open' || plan.kind === 'capacity') throw new Error('Failed to plan: no open model.')
  const { from, to } = windowOf(plan)
  const due: number[] = []
  const arrivals = arrivalsOf(plan, { index: 0, count: 1 }, 1)
  for (; arrivals.next !== undefined; arrivals.take()) due.push(arrivals.next)
  return { due, inWindow: due.map(time => time >= from && time < to) }
}

/**
 * How late the server saw requests come in, 99 % of those of the window: by another clock, which nothing of the generator's has
 * touched. It does not know when the run began, so the earliest request is taken for punctual.
 */
function seenLate(at: Float64Array, { due, inWindow }: ReturnType<typeof planned>): number {
  const late = at
    .toSorted()
    .map((time, index) => time - (due[index] ?? Number.NaN))
    .filter((_, index) => inWindow[index])
    .toSorted()
  return rankOf(late, 0.99) - late[0]!
}

/** Of all that started: who found no user free has no lateness of the generator's, and is not punctual either. */
function latenessAt(q: number, { generator, measuredArrivals }: LoadReport): number {
  const share = (q * measuredArrivals.started) / generator.lateness.count
  return share <= 1 ? percentileOf(generator.lateness, share) : Number.POSITIVE_INFINITY
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
    const plan = planned(load)
    const expected = plan.inWindow.filter(Boolean).length
    server.begin({ kind: 'none' })
    const report = await runLoad({ workflow: ask, servers: server.origin, load })
    const { at } = await server.served()
    const { started } = report.measuredArrivals
    const off = Math.abs(started - expected) / expected
    const p99 = latenessAt(0.99, report)
    const [counts, punctual] = [off <= 0.001 && at.length === report.arrivals.started, p99 < 2]
    isMet &&= counts && punctual
    console.log(`${rate}/s, ${arrivals}, ${seconds} s`)
    console.log(
      `  starts: ${started} of ${expected} planned, off by ${(off * 100).toFixed(3)} % (bar: 0.1 %); with the warm-up ${report.arrivals.started}, of which the server saw ${at.length}: ${counts ? 'met' : 'not met'}`,
    )
    const [p50, p999] = [latenessAt(0.5, report), latenessAt(0.999, report)]
    console.log(
      `  late: p50 ${ms(p50)}, p99 ${ms(p99)} (bar: under 2 ms), p99.9 ${ms(p999)}; p99 as the server saw it ${ms(seenLate(at, plan))}: ${punctual ? 'met' : 'not met'}${waitedFor(report)}`,
    )
  }
}
console.log(`pacing: ${isMet ? 'met' : 'not met'}`)
server.child.kill()
process.exit(isMet ? 0 : 1)
