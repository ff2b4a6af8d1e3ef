/**
 * Takes all cores, for some seconds at a time: a seed says when. Run: `node burner.js <seed>`; ends with its IPC
 * channel.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Random } from '../../src/ground/random.ts'

const [seed = '1', isChild] = process.argv.slice(2)
const random = new Random(Number(seed), 'inputs')
const between = (from: number, to: number) => 1_000 * (from + (to - from) * random.next())

function burn(): void {
  const until = performance.now() + between(3, 8)
  const slice = () => {
    const end = performance.now() + 20
    while (performance.now() < end);
    if (end < until) setImmediate(slice)
    else setTimeout(burn, between(6, 12))
  }
  slice()
}

process.once('disconnect', () => process.exit())
if (isChild === undefined)
  for (let core = 1; core < availableParallelism(); core++) fork(process.argv[1]!, [seed, 'child'])
setTimeout(burn, between(2, 6))
