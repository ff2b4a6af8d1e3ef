import type { Budget } from '../../src/budget/budget.ts'
import { noTrips, tripsOf } from '../../src/budget/metrics/round-trips.ts'
import { holds } from '../../src/budget/standing.ts'
import type { Step, Workflow } from '../../src/document/model.ts'
import { failed } from '../../src/ground/fault.ts'
import { formatCount } from '../../src/ground/units.ts'
import { counted } from '../../src/ground/words.ts'
import { readExtension } from '../../src/load/suites/options.ts'
import { roundTripBudgets } from '../../src/load/suites/problems.ts'
import { NOBODY, NodeProbe } from '../../src/measure/node-probe/probe.ts'
import type { RoundTrips } from '../../src/measure/report.ts'
import type { FunctionalRun } from '../../src/workflow/functional.ts'
import { positionedError } from '../failure/positioned-error.ts'
import { knownApplications } from './settings.ts'

const NO_PROBE = 'Let the plugin load it: server: { probe: true }.'

/** Round trips during one attempt at a step, and how many requests of it they were for. */
interface Seen extends RoundTrips {
  sent: number
}

/** Undefined if no step has a budget. @param written round trips of the steps without their own. */
export function stepTrips(workflow: Workflow, written: unknown): StepTrips | undefined {
  const ofAll = roundTripBudgets(written)
  const hasSome = ofAll !== undefined || workflow.steps.some(step => roundTripsOf(step) !== undefined)
  return hasSome ? new StepTrips(workflow, ofAll) : undefined
}

const roundTripsOf = ({ vitest }: Step) => roundTripBudgets(readExtension(vitest, 'step').options.roundTrips)

/** Round trips that the applications make for the steps of a workflow, with their budgets. */
export class StepTrips {
  readonly #workflow: Workflow
  readonly #ofAll: readonly Budget[] | undefined
  /** All attempts, by step. */
  #seen = new Map<string, Seen[]>()
  /** Why nothing was counted. */
  #fault: string | undefined

  constructor(workflow: Workflow, ofAll: readonly Budget[] | undefined) {
    this.#workflow = workflow
    this.#ofAll = ofAll
  }

  /** Counts during each attempt of a run. */
  over(run: FunctionalRun): FunctionalRun {
    this.#seen = new Map()
    const probes = knownApplications().flatMap(({ probe }) => (probe === undefined ? [] : [new NodeProbe(probe)]))
    this.#fault = probes.length === 0 ? `no probe is loaded into the application. ${NO_PROBE}` : undefined
    const [next, close] = [run.next.bind(run), run.close.bind(run)]
    let before: RoundTrips | undefined
    let sent = 0
    return Object.assign(run, {
      next: async () => {
        before ??= await this.#read(probes)
        const record = await next()
        if (record !== undefined && 'exchange' in record && record.exchange !== undefined) sent++
        if (record?.depth !== 0) return record
        const now = await this.#read(probes)
        if (now.requests < before.requests) this.#fault = 'a load test counted anew meanwhile.'
        const attempt = { ...difference(now, before), sent }
        this.#seen.set(record.stepId, [...(this.#seen.get(record.stepId) ?? []), attempt])
        before = now
        sent = 0
        return record
      },
      close: async () => {
        for (const probe of probes) probe.close()
        await close()
      },
    })
  }

  /** Throws if an attempt at a step made more round trips than it may, or if nothing is known of them. */
  check(stepId: string, isOver: boolean): void {
    const step = this.#workflow.steps.find(one => one.stepId === stepId)!
    const own = roundTripsOf(step)
    for (const budget of own ?? this.#ofAll ?? []) this.#hold(budget, step, own !== undefined)
    const last = this.#workflow.steps.at(-1)
    if (own === undefined && this.#ofAll !== undefined && isOver && step === last) this.#checkAll(step)
  }

  #hold(budget: Budget, step: Step, isOwn: boolean): void {
    const fault = this.#workflow.parallel
      ? 'the steps of the workflow run at the same time. Remove parallel: true.'
      : this.#fault
    if (fault !== undefined) throw this.#error('BudgetError', step, notCounted(step, fault))
    for (const seen of this.#seen.get(step.stepId) ?? []) {
      const { count } = tripsOf(seen, budget.destination)
      const isNone = isOwn && count === 0 && budget.bound > 0
      if (isNone) throw this.#error('BudgetError', step, notCounted(step, noTrips(seen, budget)))
      if (holds(count, budget)) continue
      const name = seen.requests > seen.sent ? 'InconclusiveError' : 'BudgetError'
      throw this.#error(name, step, missed(budget, step, count, seen))
    }
  }

  /** A budget of all steps is not kept by a workflow in which nothing was counted. */
  #checkAll(step: Step): void {
    const all = [...this.#seen.values()].flat()
    if (this.#ofAll!.every(({ bound }) => bound === 0) || all.some(({ to }) => Object.keys(to).length > 0)) return
    throw this.#error('BudgetError', step, notCounted(step, noTrips({ requests: all.length, to: {} }, {})))
  }

  async #read(probes: readonly NodeProbe[]): Promise<RoundTrips> {
    const all = await Promise.all(probes.map(probe => probe.read()))
    const found = all.flatMap(one => one?.roundTrips ?? [])
    if (probes.length > 0 && found.length === 0) this.#fault = NOBODY
    return found.reduce(sumOf, { requests: 0, to: {} })
  }

  #error(name: string, { stepId, at, vitest }: Step, message: string): Error {
    return positionedError(name, message, [{ what: stepId, at: vitest?.places['/roundTrips'] ?? at }])
  }
}

const notCounted = ({ stepId }: Step, found: string) => failed('count', `the round trips of step "${stepId}"`, found)

function missed({ title }: Budget, { stepId }: Step, count: number, { to, requests, sent }: Seen): string {
  const each = Object.entries(to).map(([name, trips]) => `${formatCount(trips.count)} to ${name}`)
  const found = `Expected ${title}, received ${formatCount(count)} in step "${stepId}": ${each.join(', ')}.`
  if (requests <= sent) return found
  const others = `Its processes responded to ${counted(requests, 'request')} meanwhile, and the step sent ${sent}: `
  return `${found} ${others}round trips of other tests may be among them. Let test files run one after the other.`
}

function sumOf(a: RoundTrips, b: RoundTrips): RoundTrips {
  const names = [...new Set([...Object.keys(a.to), ...Object.keys(b.to)])]
  const sum = (name: string, of: 'count' | 'waited') => (a.to[name]?.[of] ?? 0) + (b.to[name]?.[of] ?? 0)
  const to = names.map(name => [name, { count: sum(name, 'count'), waited: sum(name, 'waited') }])
  return { requests: a.requests + b.requests, to: Object.fromEntries(to) }
}

/** Round trips since an earlier reading. */
function difference(now: RoundTrips, before: RoundTrips): RoundTrips {
  const to = Object.entries(now.to).flatMap(([name, { count, waited }]) => {
    const { count: counted, waited: until } = before.to[name] ?? { count: 0, waited: 0 }
    return count > counted ? [[name, { count: count - counted, waited: Math.max(0, waited - until) }]] : []
  })
  return { requests: Math.max(0, now.requests - before.requests), to: Object.fromEntries(to) }
}
