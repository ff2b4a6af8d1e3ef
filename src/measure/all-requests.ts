import { LatencySum } from './histogram.ts'
import type { ContractStatistics, EventStatistics, LoadReport, StepStatistics } from './report.ts'

type Steps = LoadReport['steps']

const sums = new WeakMap<Steps, StepStatistics>()

/**
 * Statistics of the requests of all steps together. Steps' histograms add up exactly, so that nothing is recorded for
 * it while the load runs. Figures of a load that runs have only the steps.
 */
export function requestsOf({
  steps,
  allRequests,
}: Pick<LoadReport, 'steps'> & Partial<Pick<LoadReport, 'allRequests'>>): StepStatistics {
  if (allRequests !== undefined) return allRequests
  const known = sums.get(steps) ?? sumOf(steps)
  sums.set(steps, known)
  return known
}

function sumOf(steps: Steps): StepStatistics {
  const latencies = new LatencySum()
  let [requests, errors, retried] = [0, 0, 0]
  for (const step of Object.values(steps)) {
    if (step.serviceTime.count > 0) latencies.add(step.serviceTime)
    requests += step.requests
    errors += step.errors
    retried += step.retried ?? 0
  }
  const events = eventsOf(Object.values(steps).flatMap(({ events }) => events ?? []))
  const contract = contractOf(Object.values(steps).flatMap(({ contract }) => contract ?? []))
  return { ...{ requests, errors, serviceTime: latencies.summary(), events, contract }, retried: retried || undefined }
}

function contractOf([first, ...others]: readonly ContractStatistics[]): ContractStatistics | undefined {
  return others.reduce((sum, { responses, checked, broken }) => {
    return { responses: sum.responses + responses, checked: sum.checked + checked, broken: sum.broken + broken }
  }, first!)
}

function eventsOf(steps: readonly EventStatistics[]): EventStatistics | undefined {
  if (steps.length === 0) return undefined
  const firsts = new LatencySum()
  const sum = { count: 0, streams: 0 }
  for (const { count, streams, firstEvent } of steps) {
    if (firstEvent.count > 0) firsts.add(firstEvent)
    sum.count += count
    sum.streams += streams
  }
  return { ...sum, firstEvent: firsts.summary() }
}
