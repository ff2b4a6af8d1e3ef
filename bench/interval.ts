/**
 * Bar: what the verdict says of p99.9 holds the truth, run after run: a server of a constant latency of 8 ms, which
 * keeps what it really took, at 1,000/s after 3 s of warm-up. Its own p99.9, which lies between that of what it had in
 * hand and that of what was in its socket meanwhile, too, is not outside of the interval of the verdict (to half a
 * millisecond: the way over loopback, and what a thread is not called late for); a bound of three times the truth is
 * never missed, nor is one of half of it kept. Takes 2 minutes. Run: `npm run bench -- interval [runs] [seconds a
 * run]`.
 */
import process from 'node:process'
import { percentileOf, runLoad } from 'vitest-arazzo/engine'
import { ascending, ask, inWindow, rankOf, startKnownServer } from './known.ts'

const [runs = 10, seconds = 8.5] = process.argv.slice(2).map(Number)
const LENGTH = 8
const EXACT = 0.5
const server = await startKnownServer()
const ms = (value: number) => `${value.toFixed(2)} ms`
let [outside, wrong] = [0, 0]

for (let number = 1; number <= runs; number++) {
  server.begin({ kind: 'constant', length: LENGTH })
  const report = await runLoad({
    workflow: ask,
    servers: server.origin,
    load: { rate: 1_000, duration: seconds * 1_000, warmUp: 3_000, threads: 1 },
    budgets: { 'p99.9': 3 * LENGTH, steps: { ask: { 'p99.9': LENGTH / 2 } } },
  })
  const { took, tookAtMost } = inWindow(await server.served(), report)
  const truth = rankOf(ascending(took), 0.999)
  const most = rankOf(ascending(tookAtMost), 0.999)
  const [kept, missed] = report.verdicts
  const { lower = 0, upper = Number.POSITIVE_INFINITY } = kept?.judged ?? {}
  const isWithin = lower <= most + EXACT && truth <= upper + EXACT
  if (!isWithin) outside++
  const isWrong = (kept?.verdict === 'fail' && truth <= 3 * LENGTH) || missed?.verdict === 'pass'
  if (isWrong) wrong++
  const reported = ms(percentileOf(report.responseTime, 0.999))
  const doubts = report.doubts.map(({ kind }) => kind).join(', ') || 'no doubts'
  console.log(
    `${number}: p99.9 ${reported}, between ${ms(lower)} and ${ms(upper)}, true ${ms(truth)} to ${ms(most)}: ${isWithin ? 'within' : 'outside'}; ${kept?.verdict}, ${missed?.verdict}; ${doubts}`,
  )
}
console.log(
  `truth outside the interval: ${outside} of ${runs} (bar: ${Math.floor(runs / 20)}); wrong: ${wrong} (bar: 0)`,
)
server.child.kill('SIGKILL')
process.exit(outside <= runs / 20 && wrong === 0 ? 0 : 1)
