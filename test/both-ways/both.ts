import { expect } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'
import type { PlanOptions } from '../../src/workflow/plan.ts'
import type { Received } from './tap.ts'

/** A server that has seen nothing yet. */
export interface Fresh {
  servers: string | Record<string, string>
  received: readonly Received[]
}

export interface Document {
  /** `path#workflowId` */
  ref: string
  inputs?: Record<string, unknown>
  /** Inputs that come from the environment, by name of the input. */
  secrets?: Record<string, string>
  /** As both kinds of run take them. */
  options?: Pick<PlanOptions, 'checks' | 'security' | 'followRedirects'>
}

export interface BothWays {
  report: WorkflowReport
  load: LoadReport
  received: Received[]
}

/**
 * Runs a document as a functional run and as a load run of one iteration, each against a fresh server, and expects the
 * same of both: what the server receives, the verdict, the requests and failures of each step, and the reason.
 */
export async function bothWays(document: Document, open: () => Promise<Fresh>): Promise<BothWays> {
  const { ref, inputs, secrets = {}, options } = document
  const first = await open()
  const values = Object.fromEntries(Object.entries(secrets).map(([name, variable]) => [name, process.env[variable]]))
  const report = await runWorkflow(ref, {
    servers: first.servers,
    inputs: { ...inputs, ...values },
    secretInputs: Object.keys(secrets),
    ...options,
  })
  const variables = Object.entries(secrets).map(([name, env]) => [name, { env }])
  const received = alike(first.received)
  const underLoad = async (transport: 'wire' | 'undici') => {
    const second = await open()
    const load = await runLoad({
      workflow: ref,
      servers: second.servers,
      inputs: { ...inputs, ...Object.fromEntries(variables) },
      load: { vus: 1, iterations: 1, threads: 1 },
      ...options,
      transport,
    })
    expect(load.transport.name).toBe(transport)
    expect(alike(second.received)).toEqual(received)
    expectSame(load, report, ref)
    return load
  }
  const load = await underLoad('wire')
  // A thread takes its time: every third document with the other transport too.
  if (documents++ % 3 === 0) await underLoad('undici')
  return { report, load, received }
}

let documents = 0

function expectSame(load: LoadReport, report: WorkflowReport, ref: string): void {
  const hasPassed = report.state === 'passed'
  expect(load.arrivals).toEqual({
    due: 1,
    dropped: 0,
    started: 1,
    aborted: 0,
    passed: hasPassed ? 1 : 0,
    failed: hasPassed ? 0 : 1,
  })
  expect(countsOf(load)).toEqual(countsIn(report, ref))
  // Where all failures have one cause, it is the first; failures with a way out may be more.
  if (!hasPassed)
    expect(load.errors.map(({ message }) => withoutPorts(message))).toContain(withoutPorts(reasonOf(report)))
}

/** Without the names of those who fail on the way to the top. */
export function reasonOf({ because = '' }: WorkflowReport): string {
  return because.replace(/^((step|workflow|prerequisite) "[^"]*" failed: )+/, '')
}

const withoutPorts = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')

type Counts = Record<string, { requests: number; errors: number }>

/** Of steps that have sent something or failed. */
function countsOf({ steps }: LoadReport): Counts {
  const all = Object.entries(steps).map(([key, { requests, errors }]) => [key, { requests, errors }] as const)
  return Object.fromEntries(all.filter(([, { requests, errors }]) => requests + errors > 0))
}

function countsIn({ steps }: WorkflowReport, ref: string): Counts {
  const root = ref.slice(ref.lastIndexOf('#') + 1)
  const counts: Counts = {}
  for (const step of steps) {
    if (!step.operation) continue
    const key = step.workflowId === root ? step.stepId : `${step.workflowId}.${step.stepId}`
    counts[key] ??= { requests: 0, errors: 0 }
    const count = counts[key]
    if (step.exchange) count.requests++
    if (step.state !== 'passed') count.errors++
  }
  return counts
}

const chance = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Identifiers that a server draws are told apart by when they first appear. */
function alike(received: readonly Received[]): Received[] {
  const known = new Map<string, string>()
  const named = JSON.stringify(received).replaceAll(chance, id => {
    if (!known.has(id)) known.set(id, `id-${known.size + 1}`)
    return known.get(id)!
  })
  return JSON.parse(named)
}
