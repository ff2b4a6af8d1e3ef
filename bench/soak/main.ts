/**
 * Bars: whatever happens in between, the generator's memory, the open descriptors of generator and application and the
 * lateness of starts are the same in the first quarter after the warm-up and in the last, and no request is
 * unaccounted for: what the generator says of its requests agrees with the books of the application. Memory is that of
 * the process itself, without pages of files, which the system drops and reads as it likes: at most as much as before
 * at its highest (V8 gives back its young generation in quiet minutes), without the garbage of the load thread a tenth
 * more at most. In the half between the two quarters one request in a hundred meets a 503, a body that is cut, a
 * reset, a malformed head or a slow response, the application is restarted three times, away for a second each, and
 * hangs twice until all virtual users wait for it. The warm-up has seen all of that: a process that has met its first
 * failure is not compared with one that has not. At the start and at the end of the warm-up and of each quarter all
 * threads are made to collect what is garbage, so that their live heaps can be told. The three-step workflow, on one
 * thread; the application has the other core. Readings are taken once a second; a machine that is not quiet says
 * little of lateness, and the doubts below the figures say so. Takes as long as is asked for, and some seconds. With a
 * leak, such as `20KB` a second kept by the load thread, bars have to be missed. Run: `npm run bench -- soak
 * [duration, 10m] [requests a second, 5000] [leak, 0B]`.
 */

import { readdirSync } from 'node:fs'
import { setInterval, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { setEnvironmentData } from 'node:worker_threads'
import { type Progress, runLoad } from 'vitest-arazzo/engine'
import { alignColumns } from '../../src/report/text.ts'
import { megabytes } from '../bars.ts'
import { median, pinToGeneratorCore } from '../target.ts'
import { accountsOf, unaccounted } from './accounts.ts'
import { Application } from './application.ts'
import { type Bar, flatness, MOMENT, type Reading } from './flat.ts'
import { anonymous, Memory } from './memory.ts'
import { HANG, momentsOf, readSoak } from './plan.ts'
import { LEAK } from './thread-memory.ts'

/** Requests from one bad response to the next. */
const EVERY = 100
/** Bytes that the main thread may keep for each second: a report has an entry for each, and so have the readings here. */
const A_SECOND = 1_500

const soak = readSoak(process.argv.slice(2))
await pinToGeneratorCore({ flags: ['--expose-gc', '--import', new URL('./thread-probe.js', import.meta.url).href] })
const { duration, warmUp, trouble, rehearsal } = soak
const application = await Application.start()
const descriptors = (pid: number | 'self') => readdirSync(`/proc/${pid}/fd`).length

let begun: number | undefined
const memory = new Memory(() => (begun === undefined ? undefined : Date.now() - begun))

interface Watched {
  what: string
  unit(value: number): string
  bar: Bar
  readings: Reading[]
}

const whole = (value: number) => value.toFixed(0)
const watched = (what: string, unit: Watched['unit'], bar: Bar, readings: Reading[] = []): Watched => ({
  what,
  unit,
  bar,
  readings,
})
const fewMore: Bar = { share: 0, more: 4, of: 'least' }
const peak: Bar = { share: 0.05, more: 0, of: 'most' }
const ownMemory = watched('memory of the generator', megabytes, peak, memory.own)
const held = watched(
  'without garbage of the load thread',
  megabytes,
  { share: 0.1, more: 0, of: 'median' },
  memory.held,
)
const live = watched('live heap of the load thread', megabytes, { share: 0.05, more: 500_000, of: 'last' }, memory.live)
const series: Bar = { share: 0, more: (A_SECOND * 0.75 * (duration - warmUp)) / 1_000, of: 'last' }
const liveOfMain = watched('live heap of the main thread', megabytes, series, memory.liveOfMain)
const own = watched('descriptors of the generator', whole, fewMore)
const others = watched('descriptors of the application', whole, fewMore)
const lateness = watched('lateness p99', value => `${value.toFixed(2)} ms`, { share: 0.5, more: 0.5, of: 'median' })

function look(): void {
  if (begun === undefined) return
  const at = Date.now() - begun
  own.readings.push({ at, value: descriptors('self') })
  try {
    others.readings.push({ at, value: descriptors(application.pid) })
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
    `minute ${seconds.length / 60}: memory ${megabytes(anonymous())}, ${descriptors('self')} descriptors, ${requests} requests, p99 ${p99.toFixed(2)} ms (median of its seconds), ${failed} failed, ${application.restarts} restarts`,
  )
}

const sampling = setInterval(look, 1_000)
setEnvironmentData(LEAK, soak.leak)
const report = runLoad({
  workflow: `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`,
  servers: application.origin,
  load: { rps: soak.rps, duration, warmUp: 0, threads: 1, maxVus: soak.maxVus },
  onProgress,
})
begun = Date.now()
const moments = momentsOf(soak)
for (const { at } of moments) setTimeout(() => memory.collect(), Math.max(0, at - MOMENT - 500))
const restarts = [rehearsal, trouble].flatMap(trouble => trouble.restarts)
const hangs = [rehearsal, trouble].flatMap(trouble => trouble.hangs)
for (const { from, to } of [rehearsal, trouble]) {
  setTimeout(() => application.misbehave(EVERY), from)
  setTimeout(() => application.misbehave(), to)
}
for (const at of restarts) setTimeout(() => void application.restart(EVERY), at)
for (const at of hangs) setTimeout(() => void application.hang(HANG), at)
const { state, cause, requests, arrivals, answers, transport, responseTime, errors, doubts, ...rest } = await report
clearInterval(sampling)
memory.close()
await application.end()

console.log(
  `${state}${cause === undefined ? '' : ` (${cause})`}: ${requests} requests (${rest.rps.toFixed(0)}/s), p99 of iterations ${responseTime.p99.toFixed(2)} ms; ${arrivals.due} due, ${arrivals.dropped} dropped, ${arrivals.passed} passed, ${arrivals.failed} failed, ${arrivals.aborted} aborted; ${application.restarts} restarts, ${application.hangs} hangs`,
)
for (const { kind, message, count } of errors) console.log(`  ${count} x ${kind}: ${message}`)
for (const { found } of doubts) console.log(`  doubt: ${found}`)

let isMet = state === 'completed' && application.restarts === restarts.length && application.hangs === hangs.length
const met = (good: boolean) => {
  isMet &&= good
  return good ? 'met' : 'NOT MET'
}
const flat = [ownMemory, held, live, liveOfMain, own, others, lateness].map(({ what, unit, bar, readings }) => {
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
    ...memory.lines(moments),
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
