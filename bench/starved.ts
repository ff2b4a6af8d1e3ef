/**
 * Bar: what a generator that is starved (its core is shared with programs that never rest) says for certain is true of
 * the application, 20 times out of 20; with the core to itself it decides the first and the last at least 19 times out
 * of 20. What is true is taken from runs that have the core to themselves: one budget is kept by far, one by so little
 * that a starved run measures it as missed, and one is missed by ten times, which may never pass. A budget that is left
 * open is no error of a starved run; one that is on the wrong side is. The target has the other core.
 * Run: `npm run bench -- starved [runs] [burners] [requests a second]`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type LoadReport, runLoad, type Verdict } from 'vitest-arazzo/engine'
import { generatorCore, pinToGeneratorCore, startTarget } from './target.ts'

await pinToGeneratorCore()
const [runs = 20, burners = 1, rps = 1500] = process.argv.slice(2).map(Number)
const { origin, child } = await startTarget()
const workflow = `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`

const hot = new Set<ChildProcess>()
process.once('exit', () => {
  for (const burner of hot) burner.kill('SIGKILL')
})

/** Programs that never rest, on the generator's core. */
async function burn(): Promise<ChildProcess[]> {
  const script = 'process.stdout.write("hot"); for (;;);'
  return Promise.all(
    Array.from({ length: burners }, async () => {
      const burner = spawn('taskset', ['-c', generatorCore, process.execPath, '-e', script])
      hot.add(burner)
      burner.once('exit', () => hot.delete(burner))
      await once(burner.stdout, 'data')
      return burner
    }),
  )
}

/** By how much the bounds lie beside the truth: one that no starved run reaches, and one that each does. */
const FAR = 10
const NEAR = 1.1
const REFERENCES = 3

type Budgets = NonNullable<Parameters<typeof runLoad>[0]['budgets']>
const run = (budgets: Budgets) =>
  runLoad({ workflow, servers: origin, load: { rps, duration: '2500ms', warmUp: '500ms', threads: 1 }, budgets })

/**
 * Latencies of the application without a disturbance: the longest that were seen of those to be kept, the shortest of
 * those to be missed.
 */
async function undisturbed() {
  const [p90, p95]: [number[], number[]] = [[], []]
  for (let i = 0; i < REFERENCES; i++) {
    const { responseTime } = await run({})
    p90.push(responseTime.p90)
    p95.push(responseTime.p95)
  }
  return { p90: Math.min(...p90), p95: Math.max(...p95) }
}

function describe({ verdicts, responseTime, generator, doubts }: LoadReport): string {
  const { waited = Number.NaN, longestWait = Number.NaN, spareCores = Number.NaN } = generator.threads[0] ?? {}
  return [
    `p90 ${responseTime.p90.toFixed(1)}, p95 ${responseTime.p95.toFixed(1)}, p99 ${responseTime.p99.toFixed(1)} ms`,
    `waited ${(waited * 100).toFixed(1)} % (${longestWait.toFixed(0)} ms in a second, ${spareCores.toFixed(2)} cores spare)`,
    verdicts.map(({ title, verdict }) => `${title}: ${verdict}`).join(', '),
    doubts.map(({ kind }) => kind).join(', ') || 'no doubts',
  ].join('; ')
}

const rounded = (ms: number) => Number(ms.toPrecision(2))
const truth = await undisturbed()
const budgets = { p99: '250ms', p95: rounded(truth.p95 * NEAR), p90: rounded(truth.p90 / FAR) }
const TRUE: Readonly<Record<string, 'pass' | 'fail'>> = { p99: 'pass', p95: 'pass', p90: 'fail' }
console.log(`undisturbed: p90 ${truth.p90.toFixed(2)} ms, p95 ${truth.p95.toFixed(2)} ms`)

const isRight = ({ budget, verdict }: Verdict) => verdict === TRUE[budget]
const isOpen = ({ verdict }: Verdict) => verdict === 'inconclusive'
const isComplete = ({ verdicts }: LoadReport) => verdicts.length === Object.keys(TRUE).length

let held = 0
let decided = 0
for (let number = 1; number <= runs; number++) {
  const burning = await burn()
  const starved = await run(budgets)
  for (const burner of burning) burner.kill('SIGKILL')
  await Promise.all(burning.map(burner => burner.exitCode ?? burner.signalCode ?? once(burner, 'exit')))
  if (isComplete(starved) && starved.verdicts.every(one => isRight(one) || isOpen(one))) held++
  console.log(`${number} starved:   ${describe(starved)}`)
  const free = await run(budgets)
  // The one near the truth may be open, or truly missed by chance.
  if (isComplete(free) && free.verdicts.every(one => one.budget === 'p95' || isRight(one))) decided++
  console.log(`${number} unstarved: ${describe(free)}`)
}
const needed = Math.ceil(runs * 0.95)
console.log(`starved: ${held} of ${runs} without a wrong verdict (bar: ${runs})`)
console.log(`unstarved: ${decided} of ${runs} decided rightly (bar: ${needed})`)
child.kill()
process.exit(held === runs && decided >= needed ? 0 : 1)
