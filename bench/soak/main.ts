/**
 * Bars: whatever happens in between, the generator's memory, the open descriptors of generator and application and the
 * lateness of starts are the same in the first quarter after the warm-up, which has seen trouble too, and in the last,
 * and no request is unaccounted for: what the generator says of its requests agrees with the books of the application.
 * In the half between the two quarters one request in a hundred meets a 503, a body that is cut, a reset, a malformed
 * head or a slow response, and the application is restarted three times, away for a second each. The three-step
 * workflow, on one thread; the application has the other core. Readings are taken once a second; a machine that is not
 * quiet says little of lateness, and the doubts below the figures say so. Takes as long as is asked for, and some
 * seconds. Run: `npm run bench -- soak [duration, 10m] [requests a second, 5000]`.
 */
import { readdirSync } from 'node:fs'
import { setInterval, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { type Progress, runLoad } from 'vitest-arazzo/engine'
import { alignColumns } from '../../src/report/columns.ts'
import { megabytes } from '../bars.ts'
import { median, pinToGeneratorCore } from '../target.ts'
import { accountsOf, unaccounted } from './accounts.ts'
import { Application } from './application.ts'
import { type Bar, flatness, type Reading } from './flat.ts'
import { readSoak } from './plan.ts'

/** Requests from one bad response to the next. */
const EVERY = 100

await pinToGeneratorCore()
const { duration, rps, warmUp, trouble, rehearsal } = readSoak(process.argv.slice(2))
const application = await Application.start()
const descriptors = (pid: number | 'self') => readdirSync(`/proc/${pid}/fd`).length

interface Watched {
  what: string
  unit(value: number): string
  bar: Bar
  readings: Reading[]
}

const watched = (what: string, unit: Watched['unit'], bar: Bar): Watched => ({
  what,
  unit,
  bar,
  readings: [],
})
const whole = (value: number) => value.toFixed(0)
const memory = watched('memory of the generator', megabytes, { share: 0.05, more: 0, of: 'median' })
const own = watched('descriptors of the generator', whole, { share: 0, more: 4, of: 'least' })
const others = watched('descriptors of the application', whole, { share: 0, more: 4, of: 'least' })
const lateness = watched('lateness p99', value => `${value.toFixed(2)} ms`, {
  share: 0.5,
  more: 0.5,
  of: 'median',
})

let begun: number | undefined
const read = (into: Watched, value: number) => into.readings.push({ at: Date.now() - begun!, value })

function look(): void {
  if (begun === undefined) return
  read(memory, process.memoryUsage.rss())
  read(own, descriptors('self'))
  try {
    read(others, descriptors(application.pid))
  } catch {
    // It is being restarted.
  }
}

const seconds: Progress['last'][] = []
function onProgress({ last, failed, requests }: Progress): void {
  seconds.push(last)
  if (last.lateness !== undefined) lateness.readings.push({ at: last.start, value: last.lateness })
  if (seconds.length % 60 !== 0) return
  const p99 = median(seconds.slice(-60).map(second => second.p99))
  console.log(
    `minute ${seconds.length / 60}: RSS ${megabytes(process.memoryUsage.rss())}, ${descriptors('self')} descriptors, ${requests} requests, p99 ${p99.toFixed(2)} ms (median of its seconds), ${failed} failed, ${application.restarts} restarts`,
  )
}

const sampling = setInterval(look, 1_000)
const report = runLoad({
  workflow: `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`,
  servers: application.origin,
  load: { rps, duration, warmUp: 0, threads: 1 },
  onProgress,
})
begun = Date.now()
const restarts = [rehearsal, trouble].flatMap(trouble => trouble.restarts)
for (const { from, to } of [rehearsal, trouble]) {
  setTimeout(() => application.misbehave(EVERY), from)
  setTimeout(() => application.misbehave(), to)
}
for (const at of restarts) setTimeout(() => void application.restart(EVERY), at)
const { state, cause, requests, arrivals, answers, transport, responseTime, errors, doubts, ...rest } = await report
clearInterval(sampling)
await application.end()

console.log(
  `${state}${cause === undefined ? '' : ` (${cause})`}: ${requests} requests (${rest.rps.toFixed(0)}/s), p99 of iterations ${responseTime.p99.toFixed(2)} ms; ${arrivals.due} due, ${arrivals.dropped} dropped, ${arrivals.passed} passed, ${arrivals.failed} failed, ${arrivals.aborted} aborted; ${application.restarts} restarts`,
)
for (const { kind, message, count } of errors) console.log(`  ${count} x ${kind}: ${message}`)
for (const { text } of doubts) console.log(`  doubt: ${text}`)

let isMet = state === 'completed' && application.restarts === restarts.length
const met = (good: boolean) => {
  isMet &&= good
  return good ? 'met' : 'NOT MET'
}
const flat = [memory, own, others, lateness].map(({ what, unit, bar, readings }) => {
  const { first, last, isFlat } = flatness(readings, warmUp, duration, bar)
  const change = last - first
  const limits = [bar.share > 0 && `${bar.share * 100} %`, bar.more > 0 && unit(bar.more)].filter(Boolean)
  const cells = [unit(first), unit(last), `${change < 0 ? '-' : '+'}${unit(Math.abs(change))}`]
  return { name: what, cells: [...cells, `+${limits.join(' or ')}`, met(isFlat)] }
})
const accounts = accountsOf({ answers, arrivals, transport }, application.books)
const told = accounts.map(({ what, generator, application, ...account }) => ({
  name: what,
  cells: [whole(generator), whole(application), whole(unaccounted([{ what, generator, application }])), '0'],
  ...account,
}))
const missing = unaccounted(accounts)
console.log(
  [
    '',
    ...alignColumns(
      [
        { name: 'flat', cells: ['first quarter', 'last quarter', 'change', 'bar', ''] },
        ...flat,
        { name: '', cells: [] },
        { name: 'accounts', cells: ['generator', 'application', 'difference', 'bar', ''] },
        ...told,
        { name: 'requests unaccounted for', cells: ['', '', whole(missing), '0', met(missing === 0)] },
      ],
      140,
    ),
    '',
    isMet ? 'all bars are met' : 'bars are not met',
  ].join('\n'),
)
process.exit(isMet ? 0 : 1)
