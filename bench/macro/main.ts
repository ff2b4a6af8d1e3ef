/**
 * Bars (medians of interleaved rounds, one core each for generator and target):
 * plain GET at least 1.4 x autocannon and 0.75 x wrk; the three steps at least 0.7 x wrk's plain GET and 1.8 x our own
 * undici transport; late outputs of bodies that change at least 0.65 x wrk (10 KB) and 0.6 (1 MB), 1 MB with an early one 0.7;
 * over TLS at least 0.45 x wrk over TLS; memory with one thread under 100 MB. Everything else is measured beside them,
 * and all of it written to bench/README.md, the bars to docs/performance.md. Exits with 1 when a bar is not met.
 *
 * Run: `npm run bench -- macro [options]` (about 20 minutes), with `--quick` (3 minutes: the bars' rows and three
 * rounds, printed only); `--rounds 5`, `--seconds 2` a run (whole seconds), `--only three-steps,tls` for some workloads
 * (printed only).
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { writeReport } from '../document.ts'
import { isOfBar, judgeBars, MEMORY_BAR, memoryOfOne } from './bars.ts'
import { targetCore } from './cores.ts'
import { barTable, render } from './markdown.ts'
import { startNginx } from './nginx.ts'
import { assertMeasurable } from './programs.ts'
import { runRounds } from './rounds.ts'
import { rowsOf } from './rows.ts'
import { measureScaling } from './scaling.ts'
import { workloads } from './workloads.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
})
const { quick, only } = values
const size = { rounds: Number(values.rounds ?? (quick ? 3 : 5)), seconds: Number(values.seconds) }
const names: string[] = workloads.map(({ name }) => name)
const wanted = only?.split(',') ?? names
const chosen = workloads.filter(({ name }) => wanted.includes(name))
const strangers = wanted.filter(name => !names.includes(name))
if (strangers.length > 0 || !Object.values(size).every(value => Number.isInteger(value) && value > 0)) {
  console.error(
    `Failed to read the options: ${strangers.length > 0 ? `there is no ${strangers.join(', ')}` : 'rounds and seconds are not whole numbers'}. Give whole numbers, and workloads among ${names.join(', ')}.`,
  )
  process.exit(2)
}
assertMeasurable()
const began = Date.now()
const tell = (text: string) => console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`)

const target = await startNginx([targetCore])
const rows = chosen.flatMap(workload => rowsOf(workload, target)).filter(row => !quick || isOfBar({ row }))
const all = await runRounds(rows, size, tell)
await target.stop()
const isScaled = chosen.some(({ name }) => name === 'three-steps')
const scaled = isScaled ? await measureScaling({ ...size, rounds: quick ? 1 : Math.min(3, size.rounds) }, tell) : []
const judged = judgeBars(all)
const findings = render({ ...size, all, judged, scaled })
console.log(`\n${findings}\n`)
if (!quick && only === undefined) {
  writeReport('bench', findings)
  writeReport('bars', barTable(judged), 'docs/performance.md')
}
// What was not asked for is no bar missed.
const isMet = judged.every(({ isMet, ratio }) => isMet || (only && ratio === undefined))
const isSmall = !isScaled || (memoryOfOne(scaled) ?? Infinity) < MEMORY_BAR
process.exit(isMet && isSmall ? 0 : 1)
