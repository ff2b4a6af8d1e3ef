/**
 * Bar: the generator's memory is flat: at 5,000 requests/s its resident set at the end of 10 minutes is at most 5 % above
 * what it was after one minute. The three-step workflow, on one thread; the target has the other core. A resident set is taken
 * once a second, and a figure is the median of ten of them: a garbage collection more or less is not memory that is lost.
 * Takes as long as is asked for, and some seconds. Run: `npm run soak -- [minutes] [requests a second]`.
 */
import { setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { type Progress, runLoad } from 'vitest-arazzo/engine'
import { median, pinToGeneratorCore, startTarget } from './target.ts'

await pinToGeneratorCore()
const [minutes = 10, rps = 5_000] = process.argv.slice(2).map(Number)
if (!(minutes >= 2))
  throw new Error(
    `Failed to soak: ${minutes} minutes leave nothing to compare with the first. Give two or more.`,
  )
const { origin, child } = await startTarget()

/** Resident sets, of every second since the load began. */
const sizes: number[] = []
const seconds: Progress['last'][] = []
const sizeNow = () => median(sizes.slice(-10))
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const atMinute: number[] = []

function onProgress({ last, failed, requests }: Progress): void {
  seconds.push(last)
  if (seconds.length % 60 !== 0) return
  atMinute.push(sizeNow())
  const p99 = median(seconds.slice(-60).map(second => second.p99))
  console.log(
    `minute ${atMinute.length}: RSS ${megabytes(sizeNow())}, ${requests} requests, p99 ${p99.toFixed(2)} ms (median of its seconds), ${failed} failed`,
  )
}

const sampling = setInterval(() => sizes.push(process.memoryUsage.rss()), 1_000)
const report = await runLoad({
  workflow: `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`,
  servers: origin,
  load: { rps, duration: minutes * 60_000, warmUp: 0, threads: 1 },
  onProgress,
})
clearInterval(sampling)
child.kill()

const [first = Number.NaN] = atMinute
const last = atMinute.at(-1) ?? Number.NaN
const change = last / first - 1
const isFlat = report.state === 'completed' && atMinute.length >= minutes && change <= 0.05
const { arrivals, errors, responseTime, doubts } = report
console.log(
  `${report.state}: ${report.requests} requests (${report.rps.toFixed(0)}/s), p99 of iterations ${responseTime.p99.toFixed(2)} ms, ${arrivals.failed} failed, ${arrivals.dropped} dropped of ${arrivals.due}`,
)
for (const { kind, message, count } of errors) console.log(`  ${count} x ${kind}: ${message}`)
for (const { text } of doubts) console.log(`  doubt: ${text}`)
console.log(
  `RSS ${megabytes(first)} after one minute, ${megabytes(last)} at the end: ${(change * 100).toFixed(1)} % (bar: at most 5 % more): ${isFlat ? 'met' : 'not met'}`,
)
process.exit(isFlat ? 0 : 1)
