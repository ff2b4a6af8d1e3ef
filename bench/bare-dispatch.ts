/**
 * The least that undici can be made to do: N connections, each sending its next request from the end of the
 * last one, bodies dropped, nothing timed, nothing kept. What the product adds to this is its overhead.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { Client, Dispatcher } from 'undici'

export interface BareDispatchOptions {
  /** `http://127.0.0.1:3000`. */
  origin: string
  /** Sent in turn by every connection. */
  requests: readonly BareRequest[]
  /** Default 64. */
  connections?: number
  /** Certificate to trust. */
  ca?: string
  /** How long to count, in seconds; a tenth more is run before, uncounted. Default 3. */
  seconds?: number
}

export interface BareRequest {
  method: string
  path: string
  headers?: string[]
  body?: string
}

export interface BareDispatchResult {
  requests: number
  /** Answers other than 2xx, and failures. */
  errors: number
  requestsPerSecond: number
  /** CPU of this process a request, in microseconds. */
  cpuPerRequest: number
}

/** Rejects when the first request of a connection fails. */
export async function bareDispatch(options: BareDispatchOptions): Promise<BareDispatchResult> {
  const { origin, requests, connections = 64, ca, seconds = 3 } = options
  const { Client } = await import('undici') // no part of the memory of who does not call this
  const tally = { requests: 0, errors: 0, stopped: false }
  const clients = Array.from(
    { length: connections },
    () => new Client(origin, { pipelining: 1, ...(ca !== undefined && { connect: { ca } }) }),
  )
  await Promise.all(clients.map(client => loop(client, requests, tally)))
  await setTimeout(seconds * 100)
  tally.requests = 0
  tally.errors = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  await setTimeout(seconds * 1000)
  const elapsed = performance.now() - start
  const used = process.cpuUsage(cpu)
  tally.stopped = true
  const counted = tally.requests
  const result = {
    requests: counted,
    errors: tally.errors,
    requestsPerSecond: (counted / elapsed) * 1000,
    cpuPerRequest: (used.user + used.system) / counted,
  }
  await Promise.all(clients.map(client => client.close()))
  return result
}

/** Resolves when the first request is answered; goes on until stopped. */
function loop(
  client: Client,
  requests: readonly BareRequest[],
  tally: { requests: number; errors: number; stopped: boolean },
) {
  const prepared = requests.map(request => ({ ...request }) as Dispatcher.DispatchOptions)
  return new Promise<void>((resolve, reject) => {
    let next = 0
    const send = () => {
      if (!tally.stopped) client.dispatch(prepared[next++ % prepared.length] as Dispatcher.DispatchOptions, handler)
    }
    const handler: Dispatcher.DispatchHandler = {
      onConnect() {},
      onHeaders(status) {
        if (status < 200 || status > 299) tally.errors++
        return true
      },
      onData: () => true,
      onComplete() {
        tally.requests++
        resolve()
        send()
      },
      onError(error) {
        tally.errors++
        reject(error)
      },
    }
    send()
  })
}
