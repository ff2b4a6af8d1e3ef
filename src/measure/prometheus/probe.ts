import type { IncomingMessage } from 'node:http'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { failed } from '../../errors.ts'
import type { Milliseconds } from '../../units.ts'
import { type Probe, ProbeError, type Reading } from '../probe.ts'
import type { Exposition } from './exposition.ts'
import { readExposition } from './exposition.ts'
import { compileQuery, type Query } from './query.ts'

/** An endpoint that exposes what the application uses, as its client library for Prometheus does. */
export interface PrometheusTarget {
  /** `http://127.0.0.1:9090/metrics`. */
  url: string
  /** Bytes. Default `process_resident_memory_bytes`. */
  memory?: string
  /** Seconds of CPU used so far. Default `process_cpu_seconds_total`. */
  cpu?: string
  /** Further values by the name that budgets give them: `{ queue: 'sum(app_queue_length)' }`. */
  series?: Record<string, string>
}

const DEFAULT_MEMORY = 'process_resident_memory_bytes'
const DEFAULT_CPU = 'process_cpu_seconds_total'
/** An answer that takes longer is none: the next look is due. */
const LONGEST: Milliseconds = 2_000
const LARGEST = 16 * 1024 * 1024

/** Asks the endpoint once a second: it is the application that has to answer. */
export class PrometheusProbe implements Probe {
  readonly subject: string
  readonly interval: Milliseconds = 1_000
  readonly #url: URL
  readonly #memory: Query
  readonly #cpu: Query
  readonly #target: PrometheusTarget
  readonly #series: [string, Query][]

  /** Throws for a URL or an expression that is none. */
  constructor(target: PrometheusTarget) {
    if (!URL.canParse(target.url)) {
      const advice = "Write it in full: 'http://127.0.0.1:9090/metrics'."
      throw new Error(failed('read', 'target.prometheus', `${JSON.stringify(target.url)} is no URL`, advice))
    }
    this.#target = target
    this.#url = new URL(target.url)
    this.subject = target.url
    this.#memory = compileQuery(target.memory ?? DEFAULT_MEMORY)
    this.#cpu = compileQuery(target.cpu ?? DEFAULT_CPU)
    this.#series = Object.entries(target.series ?? {}).map(([name, text]) => [name, compileQuery(text)])
  }

  async sample(): Promise<Reading> {
    const exposition = await this.#read()
    const need = (query: Query, text: string) => {
      const value = query(exposition)
      if (value === undefined) throw this.#missing(text)
      return value
    }
    const gauges = this.#series.map(([name, query]) => [name, need(query, this.#target.series![name]!)])
    return {
      memory: need(this.#memory, this.#target.memory ?? DEFAULT_MEMORY),
      cpuTime: need(this.#cpu, this.#target.cpu ?? DEFAULT_CPU) * 1000,
      processes: 1,
      ...(gauges.length > 0 && { gauges: Object.fromEntries(gauges) as Record<string, number> }),
    }
  }

  async #read(): Promise<Exposition> {
    const text = await fetchText(this.#url)
    try {
      return readExposition(text)
    } catch (error) {
      throw this.#error(
        (error as Error).message,
        'Check that it serves the text format of Prometheus.',
        error,
      )
    }
  }

  #missing(text: string): ProbeError {
    return this.#error(`there is no ${text}`, 'Have the application expose it, or name another series.')
  }

  #error(found: string, advice: string, cause?: unknown): ProbeError {
    return new ProbeError(failed('measure', this.subject, found, advice), { cause })
  }
}

/** With a connection of its own each time, so that none is left behind. */
function fetchText(url: URL): Promise<string> {
  const get = url.protocol === 'https:' ? getHttps : getHttp
  const fail = (found: string, cause?: unknown) => {
    const advice = 'Check that the application runs, and the URL of its metrics.'
    return new ProbeError(failed('measure', url.href, found, advice), { cause })
  }
  return new Promise((resolve, reject) => {
    const request = get(
      url,
      { agent: false, timeout: LONGEST, headers: { accept: 'text/plain' } },
      response => {
        if (response.statusCode !== 200) {
          response.resume()
          reject(fail(`it answers with ${response.statusCode}`))
        } else textOf(response).then(resolve, error => reject(fail((error as Error).message, error)))
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer within ${LONGEST / 1000} s`)))
    request.on('error', error => reject(fail(error.message, error)))
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LARGEST) throw new Error('its answer is larger than 16 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
