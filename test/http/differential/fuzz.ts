import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setInterval } from 'node:timers'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { compareAll, report } from './run.ts'

/**
 * `npm run fuzz -- [seconds] [seed]`: generated answers, valid and broken, through both transports until the time is
 * up. Ends with 1 at a disagreement, a crash or a hang (no answer compared within 20 s); the seed of each is printed.
 */
const seconds = Number(process.argv[2] ?? 600)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31)
const ROUND = 20_000
const STILL = 20_000

const end = performance.now() + seconds * 1000
const until = () => performance.now() >= end
let compared = 0
let seen = { compared: 0, at: performance.now() }
let failed = false

setInterval(() => {
  if (compared !== seen.compared) seen = { compared, at: performance.now() }
  else if (performance.now() - seen.at > STILL) {
    console.log(`hang: nothing compared for ${STILL / 1000} s, near seed ${seed + compared}`)
    process.exit(1)
  }
}, 1000).unref()

console.log(`fuzzing for ${seconds} s from seed ${seed}`)
for (let round = 0; !until() && !failed; round++) {
  const found = await compareAll({
    from: seed + round * ROUND,
    count: ROUND,
    lanes: 48,
    oracle: createUndiciTransport,
    subject: createWireTransport,
    until,
    onCompared: () => compared++,
  })
  const { counts } = found
  console.log(
    `${compared.toLocaleString('en')} answers; this round: ${counts.same} same, ${counts['same class']} refused by both in other words, ${counts.stricter} refused by wire alone, ${counts.righter} answered by wire alone, ${counts.different} different`,
  )
  if (counts.different > 0) {
    console.log(report(found))
    failed = true
  }
}
console.log(
  failed
    ? 'FAIL: the transports disagree'
    : `ok: ${compared.toLocaleString('en')} answers, no crash, no hang, no disagreement`,
)
process.exit(failed ? 1 : 0)
