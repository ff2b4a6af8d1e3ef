/**
 * Bar: the README's load test beside a program that takes a core and lets it go again, 30 times: no verdict is wrong, and at most 3 runs
 * have an inconclusive one. The application answers in a fraction of a millisecond, so that each budget is one that it keeps by far; and
 * each run has a budget that it cannot keep (a median of 20 us), which may not pass.
 * Run: `npm run bench:verdicts [runs] [seconds a run]`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type LoadReport, runLoad } from 'vitest-arazzo/engine'
import { startTarget } from './target.ts'

const [runs = 30, seconds = 5] = process.argv.slice(2).map(Number)
const workflow = `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`
const { origin, child } = await startTarget()

/** Busy for so long, asleep for so long, again and again. */
const COMES_AND_GOES = `
const rest = () => setTimeout(work, 100 + 600 * Math.random())
function work() { const end = Date.now() + 100 + 600 * Math.random(); while (Date.now() < end); rest() }
work()`

const burner: ChildProcess = spawn(process.execPath, ['-e', COMES_AND_GOES])
process.once('exit', () => {
  burner.kill('SIGKILL')
  child.kill()
})

const KEPT = { rps: 950, p99: '50ms', errorRate: '0.1%', steps: { item: { p99: '25ms' } } } as const

const run = () =>
  runLoad({
    workflow,
    servers: origin,
    load: { rps: 1_000, duration: seconds * 1_000, warmUp: 1_000 },
    budgets: { ...KEPT, p50: '0.02ms' },
  })

const isWrong = ({ budget, verdict }: LoadReport['verdicts'][number]) =>
  budget === 'p50' ? verdict === 'pass' : verdict === 'fail'

let [wrong, open] = [0, 0]
for (let number = 1; number <= runs; number++) {
  const report = await run()
  const { verdicts, responseTime, doubts, generator } = report
  if (verdicts.some(isWrong)) wrong++
  // Of the one that cannot be kept it is enough that it does not pass.
  if (verdicts.some(({ budget, verdict }) => budget !== 'p50' && verdict === 'inconclusive')) open++
  const stalls = generator.threads[0]?.stalls
  console.log(
    [
      `${number}: p50 ${responseTime.p50} ms, p99 ${responseTime.p99} ms`,
      `stalls ${stalls?.count} of ${stalls?.longest.toFixed(1)} ms at most`,
      verdicts.map(({ title, verdict }) => `${title}: ${verdict}`).join(', '),
      doubts.map(({ kind }) => kind).join(', ') || 'no doubts',
    ].join('; '),
  )
}
console.log(`wrong: ${wrong} of ${runs} runs (bar: 0); inconclusive: ${open} (bar: ${Math.floor(runs / 10)})`)
process.exit(wrong === 0 && open <= runs / 10 ? 0 : 1)
