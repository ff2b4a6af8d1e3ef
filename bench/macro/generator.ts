/**
 * One run of a generator written in Node, in a process of its own: each begins as fresh as those written in C, and is
 * let warm up before it is counted. Only what it needs is loaded: memory is that of the process. Run: `node generator.js '<task as JSON>'`; its last line is a sample as JSON.
 */
import process from 'node:process'
import { runLoad } from 'vitest-arazzo/engine'
import { bareDispatch } from '../bare-dispatch.ts'
import type { Sample, Task } from './sample.ts'

/** Whole seconds. V8 compiles for about two: in the two seconds that follow 0.75, three steps have 0.8 of their later rate. */
const WARM_UP = 3

type TaskOf<K> = Extract<Task, { kind: K }>

async function ours(task: Extract<Task, { workflow: string }>): Promise<Sample> {
  const { workflow, origin, ca, transport, connections, seconds, threads, rate, warmUp = WARM_UP } = task
  const report = await runLoad({
    workflow,
    servers: origin,
    transport,
    load: {
      ...(rate === undefined ? { vus: connections } : { rps: rate }),
      duration: seconds * 1000,
      warmUp: warmUp * 1000,
      threads,
    },
    // Connections are each thread's own.
    connections: { max: Math.ceil(connections / threads) },
    ...(ca !== undefined && { ca }),
  })
  const { state, cause = '', errors, rps, requests, generator } = report
  if (state !== 'completed' || errors.length > 0)
    throw new Error(
      `Failed to load ${workflow}: ${state} ${cause} ${errors[0]?.message ?? ''}. Look at what the target answers.`,
    )
  return {
    requestsPerSecond: rps,
    cpuPerRequest: (generator.cpu * 1e6 * (report.measured / 1000)) / requests,
    memory: generator.memoryPeak,
    eventLoopUtilization: generator.eventLoopUtilization,
  }
}

async function withAutocannon({ requests, origin, connections, seconds }: TaskOf<'autocannon' | 'bare'>) {
  const { default: autocannon } = await import('autocannon')
  const run = (duration: number) =>
    autocannon({
      url: origin,
      connections,
      duration,
      requests: requests.map(({ method, path, headers = [], body }) => ({
        method: method as 'GET' | 'POST',
        path,
        headers: Object.fromEntries(
          Array.from({ length: headers.length / 2 }, (_, n) => headers.slice(2 * n, 2 * n + 2)),
        ),
        ...(body !== undefined && { body }),
      })),
    })
  await run(WARM_UP)
  const cpu = process.cpuUsage()
  const { requests: answered, duration, non2xx, errors } = await run(seconds)
  const { user, system } = process.cpuUsage(cpu)
  refuse(non2xx + errors)
  return { requestsPerSecond: answered.total / duration, cpuPerRequest: (user + system) / answered.total }
}

async function bare({ requests, origin, ca, connections, seconds }: TaskOf<'autocannon' | 'bare'>) {
  const options = { origin, requests, connections, ...(ca !== undefined && { ca }) }
  await bareDispatch({ ...options, seconds: WARM_UP })
  const { errors, requestsPerSecond, cpuPerRequest } = await bareDispatch({ ...options, seconds })
  refuse(errors)
  return { requestsPerSecond, cpuPerRequest }
}

function refuse(errors: number): void {
  if (errors > 0)
    throw new Error(`Failed to measure: ${errors} answers were not as they should be. Look at what the target answers.`)
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const sample = await (task.kind === 'ours' ? ours(task) : task.kind === 'bare' ? bare(task) : withAutocannon(task))
process.stdout.write(`${JSON.stringify(sample)}\n`)
process.exit(0)
