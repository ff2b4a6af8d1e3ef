import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { withoutUser } from '../../ground/address.ts'
import { failed } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { type Probe, ProbeError, type Reading } from '../probe.ts'
import type { PrometheusTarget } from '../target.ts'
import { type Exposition, readExposition } from './exposition.ts'
import { compileQuery, type Query } from './query.ts'

const DEFAULT_MEMORY = 'process_resident_memory_bytes'
const DEFAULT_CPU = 'process_cpu_seconds_total'
/** A response that takes longer counts as none: the next look is due. */
const LONGEST: Milliseconds = 2_000
const LARGEST = 16 * 1024 * 1024

/** Asks the endpoint once a second: it is the application that has to respond. */
export class PrometheusProbe implements Probe {
  readonly subject: string
  readonly interval: Milliseconds = 1_000
  readonly comesBack = true
  readonly #url: URL
  readonly #memory: Query
  readonly #cpu: Query
  readonly #target: PrometheusTarget
  readonly #series: [string, Query][]
  /** Counter of the CPU as it was last, and what it had come to before it started again. */
  #seconds = 0
  #before = 0

  /** Throws for an expression that is none. */
  constructor(target: PrometheusTarget) {
    this.#target = target
    this.#url = new URL(target.prometheus)
    this.subject = withoutUser(target.prometheus)
    this.#memory = compileQuery(target.memory ?? DEFAULT_MEMORY)
    this.#cpu = compileQuery(target.cpu ?? DEFAULT_CPU)
    this.#series = Object.entries(target.series ?? {}).map(([name, text]) => [name, compileQuery(text)])
  }

  async sample(): Promise<Reading> {
    const exposition = await this.#read()
    const missing: Record<string, string> = {}
    const find = (name: string, query: Query, text: string) => {
      const value = query(exposition)
      if (value !== undefined && Number.isFinite(value)) return value
      missing[name] = this.#absent(text, value)
      return undefined
    }
    const { memory = DEFAULT_MEMORY, cpu = DEFAULT_CPU, series = {} } = this.#target
    const found = this.#series.flatMap(([name, query]) => {
      const value = find(`series.${name}`, query, series[name]!)
      return value === undefined ? [] : [[name, value] as const]
    })
    const reading = {
      memory: find('memory', this.#memory, memory) ?? 0,
      cpuTime: this.#neverLess(find('cpu', this.#cpu, cpu)),
      processes: 1,
      ...(found.length > 0 && { series: Object.fromEntries(found) }),
    }
    return { ...reading, ...(Object.keys(missing).length > 0 && { missing }) }
  }

  /** A counter that starts again from nothing is that of a process that was started again. */
  #neverLess(seconds: number | undefined): Milliseconds {
    if (seconds === undefined) return 0
    if (seconds < this.#seconds) this.#before += this.#seconds
    this.#seconds = seconds
    return (this.#before + seconds) * 1000
  }

  async #read(): Promise<Exposition> {
    const text = await fetchText(this.#url)
    try {
      return readExposition(text)
    } catch (error) {
      throw this.#error((error as Error).message, 'Check that it serves the text format of Prometheus.', error)
    }
  }

  #absent(text: string, value: number | undefined): string {
    const found = value === undefined ? `there is no ${text}` : `${text} is ${value}`
    return failed('measure', this.subject, found, 'Have the application expose it, or name another series.')
  }

  #error(found: string, advice: string, cause?: unknown): ProbeError {
    return new ProbeError(failed('measure', this.subject, found, advice), { cause })
  }
}

/** Asks on a connection of its own each time, so that none is left behind. */
function fetchText(url: URL): Promise<string> {
  const get = url.protocol === 'https:' ? getHttps : getHttp
  const fail = (found: string, cause?: unknown) => {
    const advice = 'Check that the application runs, and the URL of its metrics.'
    return new ProbeError(failed('measure', withoutUser(url.href), found, advice), { cause })
  }
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: LONGEST, headers: { accept: 'text/plain' } }, response => {
      if (response.statusCode !== 200) {
        response.resume()
        reject(fail(`it responds with ${response.statusCode}`))
      } else textOf(response).then(resolve, error => reject(fail((error as Error).message, error)))
    })
    request.on('timeout', () => request.destroy(new Error(`no response within ${LONGEST / 1000} s`)))
    request.on('error', error => reject(fail(error.message, error)))
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LARGEST) throw new Error('its response is larger than 16 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
