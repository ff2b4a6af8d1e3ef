import { withoutUser } from '../ground/address.ts'
import { faultOf } from '../ground/fault.ts'
import { Fields, isHttpUrl, isText, type OptionFault } from '../ground/fields.ts'
import { show } from '../ground/show.ts'
import { compileQuery } from './prometheus/query.ts'

/** Target that is measured in addition to the generator, in one of two ways. */
export type TargetOptions = ProcessTarget | PrometheusTarget

export interface ProcessTarget {
  /**
   * The application's process; its whole tree is measured, without npm and shells in front of it.
   * @example 4711
   */
  pid: number
  /**
   * The folder in which Node processes with the probe listen: those started with `NODE_OPTIONS=--import
   * vitest-arazzo/node-probe` and `VITEST_ARAZZO_PROBE=<folder>`. The plugin does that itself (`server: { probe: true
   * }`).
   * @default none: what only Node itself knows is not measured
   * @example '/tmp/probe'
   */
  probe?: string
}

/**
 * An endpoint that exposes what the application uses, as its client library for Prometheus does. Asked once a second.
 */
export interface PrometheusTarget {
  /**
   * `http://127.0.0.1:9090/metrics`.
   * @example 'http://127.0.0.1:9090/metrics'
   */
  prometheus: string
  /**
   * Bytes. Default `process_resident_memory_bytes`.
   * @example 'process_resident_memory_bytes'
   */
  memory?: string
  /**
   * Seconds of CPU used so far. Default `process_cpu_seconds_total`.
   * @example 'process_cpu_seconds_total'
   */
  cpu?: string
  /**
   * Further values by the name that budgets give them: `{ queue: 'sum(app_queue_length)' }`. A series, with labels
   * where there are several (`app_queue_length{queue="mail"}`), `sum`, `max`, `min`, `avg` or `count` of one, numbers,
   * + - * / and brackets.
   * @default none
   * @example { queue: 'sum(app_queue_length)' }
   */
  series?: Record<string, string>
}

/** Targets of a run: the application, and further ones by name. */
export interface Targets {
  target?: TargetOptions
  targets: Readonly<Record<string, TargetOptions>>
}

const KEYS = { pid: ['pid', 'probe'], prometheus: ['prometheus', 'memory', 'cpu', 'series'] } as const

const KINDS = Object.keys(KEYS) as (keyof typeof KEYS)[]
const FORMS = "Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }."

/** Reads targets as users write them. Never throws: all that is wrong comes back at once. */
export function readTargets({
  target,
  targets,
}: {
  target?: unknown
  targets?: unknown
}): Targets & { problems: OptionFault[] } {
  const fields = new Fields({ target, targets }, '')
  if (fields.has('target')) checkTarget(fields.within('target', FORMS))
  const named = fields.has('targets') ? fields.within('targets', 'Write an object: { db: { pid: 4711 } }.') : undefined
  for (const name of named?.keys ?? []) {
    if (/^[\w-]+$/.test(name)) checkTarget(named!.within(name, FORMS))
    else named!.fault(name, 'its name is not made of letters, digits, _ and -', 'Rename it.')
  }
  return {
    target: target as TargetOptions | undefined,
    targets: Object.fromEntries((named?.keys ?? []).map(name => [name, named!.get(name) as TargetOptions])),
    problems: fields.faults,
  }
}

function checkTarget(fields: Fields | undefined): void {
  if (fields === undefined) return
  const [kind, ...others] = KINDS.filter(kind => fields.has(kind))
  if (others.length > 0)
    return fields.fault('', `it is both ${[kind, ...others].join(' and ')}`, 'Give the others a name in targets.')
  if (kind === undefined && fields.keys.length === 0) return fields.fault('', 'it is empty', FORMS)
  const shown = kind === undefined ? KINDS.flatMap<string>(one => KEYS[one]) : KEYS[kind]
  fields.checkKeys(kind === undefined ? KINDS : KEYS[kind], shown)
  if (kind === 'pid') {
    fields.expect('pid', pid => Number.isInteger(pid) && (pid as number) >= 1, 'Write the number of a process.')
    fields.expect('probe', isText, "Write text: '/tmp/probe'.")
  } else if (kind === 'prometheus') checkEndpoint(fields)
}

function checkEndpoint(fields: Fields): void {
  const example = "'http://127.0.0.1:9090/metrics'"
  const address = fields.get('prometheus')
  fields.expect('prometheus', isText, `Write text: ${example}.`)
  if (isText(address) && !isHttpUrl(address))
    fields.fault('prometheus', `${show(withoutUser(address))} is not an http or https URL`, `Write ${example}.`)
  for (const key of ['memory', 'cpu']) checkQuery(fields, key)
  if (!fields.has('series')) return
  const series = fields.within('series', "Write an object: { queue: 'sum(app_queue_length)' }.")
  for (const name of series?.keys ?? []) checkQuery(series!, name)
}

function checkQuery(fields: Fields, key: string): void {
  const text = fields.get(key)
  fields.expect(key, isText, "Write text: 'sum(app_queue_length)'.")
  if (!isText(text)) return
  try {
    compileQuery(text)
  } catch (error) {
    const { found, advice } = faultOf(error)!
    fields.fault(key, `${show(text)}: ${found}`, advice)
  }
}
