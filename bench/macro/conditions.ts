/**
 * Ratio to wrk of a plain GET and of the three steps by the wire, under other connections, durations and warm-ups: by
 * how much a bench that measures otherwise has another result. Rounds are interleaved, and the target and the generator
 * have a core each, as in `macro`.
 *
 * Run: `npm run bench -- conditions [--rounds 3]` (8 minutes).
 */
import { parseArgs } from 'node:util'
import { table, writeReport } from '../document.ts'
import { targetCore } from './cores.ts'
import { medianOf, pick, ratioOf } from './figures.ts'
import { startNginx } from './nginx.ts'
import { assertMeasurable } from './programs.ts'
import { runRounds } from './rounds.ts'
import { CONNECTIONS, rowsOf } from './rows.ts'
import { workloads } from './workloads.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = Number(values.rounds)
assertMeasurable()
const began = Date.now()
const tell = (text: string) => console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`)

const USUAL = { connections: CONNECTIONS, seconds: 2, warmUp: 3 }
const conditions = [
  USUAL,
  { ...USUAL, connections: 8 },
  { ...USUAL, connections: 16 },
  { ...USUAL, connections: 256 },
  { ...USUAL, seconds: 10 },
  { ...USUAL, warmUp: 1 },
  { ...USUAL, warmUp: 10 },
]
const target = await startNginx([targetCore])
const lines: string[][] = []
for (const { seconds, ...others } of conditions) {
  tell(`${others.connections} connections, ${seconds} s after ${others.warmUp} s`)
  const rows = workloads
    .filter(({ name }) => name === 'plain' || name === 'three-steps')
    .flatMap(workload => rowsOf(workload, target, others))
    .filter(({ generator, workload }) =>
      workload.name === 'plain' ? /wrk|wire/.test(generator) : /wire/.test(generator),
    )
  const all = await runRounds(rows, { rounds, seconds }, tell)
  const wrk = pick(all, 'plain', 'wrk')!
  const ours = [pick(all, 'plain', 'ours (wire)')!, pick(all, 'three-steps', 'ours (wire)')!]
  lines.push([
    `${others.connections} connections, ${seconds} s after ${others.warmUp} s of warm-up`,
    ...ours.map(one => (ratioOf(one, wrk) ?? 0).toFixed(2)),
    ...[wrk, ...ours].map(one => medianOf(one, sample => sample.cpuPerRequest).toFixed(1)),
  ])
}
await target.stop()
const findings = table(
  ['conditions', 'plain GET x wrk', 'three steps x wrk', 'wrk, CPU us', 'plain GET, CPU us', 'three steps, CPU us'],
  lines,
)
console.log(`\n${findings}\n`)
writeReport('conditions', findings)
