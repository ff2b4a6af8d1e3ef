import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { withoutUser } from '../../ground/address.ts'
import { failed } from '../../ground/fault.ts'
import { formatNumber, type Milliseconds } from '../../ground/units.ts'
import { notMeasured, type Probe, type Reading, Rising } from '../probe.ts'
import type { PrometheusTarget } from '../target.ts'
import { compileQuery, type Exposition, type Query, readExposition } from './query.ts'

const DEFAULT_MEMORY = 'process_resident_memory_bytes'
const DEFAULT_CPU = 'process_cpu_seconds_total'
const START = 'process_start_time_seconds'
const startIn = compileQuery(START)
/** A system's clock that is set moves when a process began, as some libraries reckon it. */
const CLOCK_STEP = 1.5
const IN_TURN = `several processes respond in turn, as ${START} shows`
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
  readonly #ca: string | undefined
  /** TLS context with `ca`. Reading the 150 authorities of Node.js for each sample would load the generator. */
  #context: SecureContext | undefined
  readonly #seconds = new Rising()
  /** When the process began, in seconds since the epoch. */
  #began: number | undefined
  #isRefused = false

  /**
   * Throws for an invalid expression.
   *
   * @param ca authorities that are trusted, as PEM. Default: those of Node.js.
   */
  constructor(target: PrometheusTarget, ca?: string) {
    this.#target = target
    this.#ca = ca
    this.#url = new URL(target.prometheus)
    this.subject = withoutUser(target.prometheus)
    this.#memory = compileQuery(target.memory ?? DEFAULT_MEMORY)
    this.#cpu = compileQuery(target.cpu ?? DEFAULT_CPU)
    this.#series = Object.entries(target.series ?? {}).map(([name, text]) => [name, compileQuery(text)])
  }

  async sample(): Promise<Reading> {
    const exposition = await this.#read()
    const missing: Record<string, string> = {}
    const wrong: Record<string, string> = {}
    const find = (name: string, query: Query, text: string) => {
      const value = query(exposition)
      if (value !== undefined && Number.isFinite(value)) return value
      missing[name] = this.#absent(text, value)
      return undefined
    }
    const { memory = DEFAULT_MEMORY, cpu = DEFAULT_CPU, series = {} } = this.#target
    /** A process that responds has memory, and does not use less CPU than none. */
    const findReal = (name: 'memory' | 'cpu', query: Query, text: string) => {
      const value = query(exposition)
      if (value !== undefined && !(name === 'memory' ? value > 0 : value >= 0)) wrong[name] = this.#absent(text, value)
      return name in wrong ? undefined : find(name, query, text)
    }
    const found = this.#series.flatMap(([name, query]) => {
      const value = find(`series.${name}`, query, series[name]!)
      return value === undefined ? [] : [[name, value] as const]
    })
    const began = startIn(exposition)
    if (began !== undefined && began < (this.#began ?? began) - CLOCK_STEP) {
      const why = failed('measure', this.subject, IN_TURN, 'Measure them by pid, or expose the sum of all.')
      Object.assign(wrong, { memory: why, cpu: why })
    }
    const seconds = findReal('cpu', this.#cpu, cpu)
    const restarted = this.#restarted(began, seconds, cpu)
    return {
      memory: findReal('memory', this.#memory, memory) ?? 0,
      cpuTime: seconds === undefined ? 0 : this.#seconds.sum(seconds) * 1000,
      counter: cpu,
      processes: 1,
      series: found.length > 0 ? Object.fromEntries(found) : undefined,
      restarted,
      missing: Object.keys(missing).length > 0 ? missing : undefined,
      wrong: Object.keys(wrong).length > 0 ? wrong : undefined,
    }
  }

  /** How it shows that another process responds than before. */
  #restarted(began: number | undefined, seconds: number | undefined, cpu: string): string | undefined {
    const [before, wasRefused] = [this.#began, this.#isRefused]
    this.#isRefused = false
    this.#began = began ?? before
    const later = began === undefined || before === undefined ? 0 : began - before
    if (Math.abs(later) > CLOCK_STEP) return `${START} changed by ${formatNumber(later)}`
    // Each step of a clock that goes astray is small.
    this.#began = before ?? began
    const fall = seconds === undefined ? undefined : this.#seconds.fall(seconds)
    if (fall) return `${cpu} fell from ${formatNumber(fall.from)} to ${formatNumber(fall.to)}`
    return wasRefused && began === undefined ? 'it refused a connection for a time' : undefined
  }

  async #read(): Promise<Exposition> {
    if (this.#ca !== undefined) this.#context ??= createSecureContext({ ca: this.#ca })
    const text = await fetchText(this.#url, this.#context).catch(error => {
      this.#isRefused ||= (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED'
      throw error
    })
    try {
      return readExposition(text)
    } catch (error) {
      const advice = 'Check that it serves the text format of Prometheus.'
      throw notMeasured(this.subject, (error as Error).message, advice, error)
    }
  }

  #absent(text: string, value: number | undefined): string {
    const found = value === undefined ? `there is no ${text}` : `${text} is ${value}`
    return failed('measure', this.subject, found, 'Have the application expose it, or name another series.')
  }
}

/** Asks on a connection of its own each time, so that none is left behind. */
function fetchText(url: URL, secureContext: SecureContext | undefined): Promise<string> {
  const get = url.protocol === 'https:' ? getHttps : getHttp
  const advice = 'Check that the application runs, and the URL of its metrics.'
  const fail = (found: string, cause?: unknown) => notMeasured(withoutUser(url.href), found, advice, cause)
  return new Promise((resolve, reject) => {
    const options = { agent: false as const, timeout: LONGEST, headers: { accept: 'text/plain' }, secureContext }
    const request = get(url, options, response => {
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
