/**
 * Bar: a generator that is starved (its core is shared with programs that never rest) does not fail a latency budget that is missed by
 * less than it may have added, 20 times out of 20; with the core to itself it decides at least 19 times out of 20. Each run has a
 * budget that is easily met, which passes also in spite of the doubt, and one that never is.
 * The target has the other core. Run: `npm run bench:starved [runs] [burners] [requests a second]`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type LoadReport, runLoad } from 'vitest-arazzo/engine'
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

const run = () =>
  runLoad({
    workflow,
    servers: origin,
    load: { rps, duration: '2500ms', warmUp: '500ms', threads: 1 },
    budgets: { p99: '250ms', p95: '0.1ms' },
  })

function describe({ verdicts, responseTime, generator, doubts }: LoadReport): string {
  const {
    waited = Number.NaN,
    longestWait = Number.NaN,
    spareCores = Number.NaN,
  } = generator.threads[0] ?? {}
  return [
    `p99 ${responseTime.p99.toFixed(1)} ms`,
    `waited ${(waited * 100).toFixed(1)} % (${longestWait.toFixed(0)} ms in a second, ${spareCores.toFixed(2)} cores spare)`,
    verdicts.map(({ title, verdict }) => `${title}: ${verdict}`).join(', '),
    doubts.map(({ kind }) => kind).join(', ') || 'no doubts',
  ].join('; ')
}

const conclusive = ({ verdicts }: LoadReport) => verdicts.filter(({ verdict }) => verdict !== 'inconclusive')

let held = 0
let decided = 0
for (let number = 1; number <= runs; number++) {
  const burning = await burn()
  const starved = await run()
  for (const burner of burning) burner.kill('SIGKILL')
  await Promise.all(burning.map(burner => burner.exitCode ?? burner.signalCode ?? once(burner, 'exit')))
  if (starved.verdicts.length === 2 && conclusive(starved).every(({ verdict }) => verdict === 'pass')) held++
  console.log(`${number} starved:   ${describe(starved)}`)
  const free = await run()
  if (conclusive(free).length === 2) decided++
  console.log(`${number} unstarved: ${describe(free)}`)
}
const needed = Math.ceil(runs * 0.95)
console.log(`starved: ${held} of ${runs} without a failure (bar: ${runs})`)
console.log(`unstarved: ${decided} of ${runs} conclusive (bar: ${needed})`)
child.kill()
process.exit(held === runs && decided >= needed ? 0 : 1)
