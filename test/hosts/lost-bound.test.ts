import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyCounts } from '../../src/load/counts/intervals.ts'
import { arrivalsOf } from '../../src/load/pace/arrivals.ts'
import { type LoadPlan, type OpenPlan, windowOf } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { LostHosts } from '../../src/load/run/lost-hosts.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { amount } from '../builders/thorough.ts'

/* What a lost host would have begun, had it not been lost. */

/** Requests of an iteration, by its number: they need not be the same on each host. */
const REQUESTS: readonly ((n: number) => number)[] = [() => 1, () => 10, n => 1 + (n % 9), n => (n < 100 ? 10 : 1)]

/** Times at which a thread counts arrivals of the measured window, up to a millisecond after they are due. */
function counted(plan: LoadPlan & OpenPlan, index: number, requests: (n: number) => number, late: number): number[] {
  const arrivals = arrivalsOf(plan, { index, count: plan.threads }, 5)
  const { from, to } = windowOf(plan)
  const times: number[] = []
  for (let due = arrivals.next; due !== undefined; due = arrivals.next) {
    arrivals.take()
    if (plan.kind === 'rps') arrivals.learn(requests(times.length))
    times.push(due + late)
  }
  return times.filter(at => at >= from && at < to)
}

/** Books of arrivals that all passed. */
function booksOf(times: readonly number[]): Ledger {
  const ledger = new Ledger()
  for (const _ of times) {
    ledger.count('due', true)
    ledger.count('started', true)
    ledger.count('passed', true)
  }
  return ledger
}

test('is never more than what is said of it', () => {
  const ramps = [{ warmUp: 0 }, { warmUp: 700 }, { warmUp: 0, rampUp: '1s' }]
  fc.assert(
    fc.property(
      fc.constantFrom('rate', 'rps'),
      fc.constantFrom(3, 40, 333, 9_000),
      fc.constantFrom(...ramps),
      fc.array(fc.record({ requests: fc.constantFrom(...REQUESTS), late: fc.constantFrom(0, 0.5, 0.999) }), {
        minLength: 2,
        maxLength: 5,
      }),
      fc.nat(3),
      (kind, rate, ramp, threads, seconds) => {
        const shape = { [kind]: rate, duration: '3s', threads: threads.length, ...ramp }
        const load = readShape(shape as never).plan as LoadPlan & OpenPlan
        const { from } = windowOf(load)
        const measured = 1_000 * seconds
        const all = threads.map(({ requests, late }, index) => counted(load, index, requests, late))
        const told = all[0]!.filter(at => at < from + measured)
        const hosts = new LostHosts(load, [])
        const books = { ledger: booksOf(told).copy(), measured }
        if (seconds > 0) hosts.told(0, { ...emptyCounts(0, 'measured'), books })
        hosts.lose('eu-1', 0, 'it was not heard', from + measured + 500)
        const ran = { load, measured: load.duration, isUsedUp: false }
        const [lost] = hosts.hosts(hosts.books(all.map(booksOf)), ran)
        expect(lost!.missing).toBeGreaterThanOrEqual(all[0]!.length - told.length)
        // With others as it was, it is not much more.
        if (kind === 'rate') expect(lost!.missing).toBeLessThan(all[0]!.length - told.length + 6 + rate / 200)
      },
    ),
    { numRuns: amount(50, 3_000) },
  )
})
