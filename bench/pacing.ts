/**
 * Bar: at 1,000/s and 10,000/s for 10 s, as many iterations start as planned within 0.1 %, and 99 % of them less than 2
 * ms late, on a quiet core. What is planned is worked out here from the plan; what started is
 * counted by the generator and, independently, by the server, which has the other core and answers at once. The machine
 * is not ours alone: each is run three times, and the medians of lateness count. Takes about 2 minutes.
 * Run: `npm run bench -- pacing [seconds] [rounds]`.
 */
import { type LoadReport, percentileOf, runLoad } from 'vitest-arazzo/engine'
import { arrivalsOf } from '../src/load/pace/arrivals.ts'
import { windowOf } from '../src/load/plan/load-plan.ts'
import { readShape } from '../src/load/plan/shape.ts'
import { ask, rankOf, startKnownServer } from './known.ts'
import { median, pinToGeneratorCore } from './target.ts'

await pinToGeneratorCore()
const [seconds = 10, rounds = 3] = process.argv.slice(2).map(Number)
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
 * How late the server saw requests come in, 99 % of those of the window: by another clock, which nothing of the
 * generator's has touched. It does not know when the run began, so the earliest request is taken for punctual.
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

/** Warm-up long enough for what a thread runs to be compiled: until then the compiler takes the core, too. */
const WARM_UP = 5_000

let isMet = true

/** One round: what was late, as 50 %, 99 % and 99.9 % were, and 99 % as the server saw it. */
async function runRound(rate: number): Promise<number[]> {
  const load = { rate, duration: seconds * 1_000, warmUp: WARM_UP, threads: 1 }
  const plan = planned(load)
  const expected = plan.inWindow.filter(Boolean).length
  server.begin({ kind: 'none' })
  const report = await runLoad({ workflow: ask, servers: server.origin, load })
  const { at } = await server.served()
  const { started } = report.measuredArrivals
  const off = Math.abs(started - expected) / expected
  const isWhole = off <= 0.001 && at.length === report.arrivals.started
  isMet &&= isWhole
  const late = [...[0.5, 0.99, 0.999].map(q => latenessAt(q, report)), seenLate(at, plan)]
  console.log(
    `  starts: ${started} of ${expected} planned, off by ${(off * 100).toFixed(3)} % (bar: 0.1 %); with the warm-up ${report.arrivals.started}, of which the server saw ${at.length}: ${isWhole ? 'met' : 'not met'}; p99 late ${ms(late[1]!)}${waitedFor(report)}`,
  )
  return late
}

for (const rate of [1_000, 10_000]) {
  console.log(`${rate}/s, ${seconds} s`)
  const all: number[][] = []
  while (all.length < rounds) all.push(await runRound(rate))
  const [p50, p99, p999, seen] = [0, 1, 2, 3].map(n => median(all.map(late => late[n]!))) as [
    number,
    number,
    number,
    number,
  ]
  isMet &&= p99 < 2
  console.log(
    `  late: p50 ${ms(p50)}, p99 ${ms(p99)} (bar: under 2 ms), p99.9 ${ms(p999)}; p99 as the server saw it ${ms(seen)}: ${p99 < 2 ? 'met' : 'not met'}`,
  )
}
console.log(`pacing: ${isMet ? 'met' : 'not met'}`)
server.child.kill()
process.exit(isMet ? 0 : 1)
