import { didYouMean } from '../ground/errors.ts'
import { faultOf } from '../ground/fault.ts'
import type { OptionFault } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { pointerThrough } from '../ground/pointer.ts'
import { show } from '../ground/show.ts'
import { compileQuery } from './prometheus/query.ts'

/** What is measured beside the generator, in one of three ways. */
export type TargetOptions = ProcessTarget | PrometheusTarget | CgroupTarget

export interface ProcessTarget {
  /** The application's process; its whole tree is measured. */
  pid: number
  /**
   * The folder in which Node processes with the probe listen: those started with `NODE_OPTIONS=--import
   * vitest-arazzo/node-probe` and `VITEST_ARAZZO_PROBE=<folder>`. The plugin does that itself (`server: { probe: true
   * }`).
   */
  probe?: string
}

/**
 * An endpoint that exposes what the application uses, as its client library for Prometheus does. Asked once a second.
 */
export interface PrometheusTarget {
  /** `http://127.0.0.1:9090/metrics`. */
  prometheus: string
  /** Bytes. Default `process_resident_memory_bytes`. */
  memory?: string
  /** Seconds of CPU used so far. Default `process_cpu_seconds_total`. */
  cpu?: string
  /**
   * Further values by the name that budgets give them: `{ queue: 'sum(app_queue_length)' }`. A series, with labels
   * where there are several (`app_queue_length{queue="mail"}`), `sum`, `max`, `min`, `avg` or `count` of one, numbers,
   * + - * / and brackets.
   */
  series?: Record<string, string>
}

export interface CgroupTarget {
  /**
   * A path below `/sys/fs/cgroup` (`/system.slice/api.service`), or a container's id, whole or its first 12 digits.
   * Linux only.
   */
  cgroup: string
}

/** What is measured of a run: the application, and further targets by name. */
export interface Targets {
  target?: TargetOptions
  targets: Readonly<Record<string, TargetOptions>>
}

const KEYS = {
  pid: ['pid', 'probe'],
  prometheus: ['prometheus', 'memory', 'cpu', 'series'],
  cgroup: ['cgroup'],
} as const

type Kind = keyof typeof KEYS

const KINDS = Object.keys(KEYS) as Kind[]
const FORMS =
  "Write { pid: 4711 }, { prometheus: 'http://127.0.0.1:9090/metrics' } or { cgroup: '/system.slice/api.service' }."

/** Reads targets as users write them. Never throws: all that is wrong comes back at once. */
export function readTargets(given: { target?: unknown; targets?: unknown }): Targets & {
  problems: OptionFault[]
} {
  const reader = new TargetReader()
  const { target, targets } = given
  if (target !== undefined) reader.read(target, ['target'])
  const named = targets === undefined ? {} : reader.record(targets, ['targets'], '{ db: { pid: 4711 } }')
  for (const [name, value] of Object.entries(named)) {
    if (/^[\w-]+$/.test(name)) reader.read(value, ['targets', name])
    else reader.problem(['targets', name], 'its name is not made of letters, digits, _ and -', 'Rename it.')
  }
  return {
    ...(target !== undefined && { target: target as TargetOptions }),
    targets: named as Record<string, TargetOptions>,
    problems: reader.problems,
  }
}

/** The same with `{port}` in the addresses of endpoints filled in. What is wrong with it stays as it is. */
export function withPort<T extends { target?: unknown; targets?: unknown }>({ target, targets }: T, port: string) {
  const fill = (one: unknown) => {
    const url = isObject(one) ? one.prometheus : undefined
    return typeof url === 'string' ? { ...(one as object), prometheus: url.replaceAll('{port}', port) } : one
  }
  return {
    ...(target !== undefined && { target: fill(target) }),
    ...(targets !== undefined && {
      targets: isObject(targets)
        ? Object.fromEntries(Object.entries(targets).map(([name, one]) => [name, fill(one)]))
        : targets,
    }),
  } as Pick<T, 'target' | 'targets'>
}

class TargetReader {
  readonly problems: OptionFault[] = []

  read(value: unknown, path: readonly string[]): void {
    const fields = this.record(value, path, undefined)
    const kinds = KINDS.filter(kind => fields[kind] !== undefined)
    const [kind] = kinds
    if (kinds.length > 1)
      return this.problem(path, `it is both ${kinds.join(' and ')}`, 'Give the others a name in targets.')
    if (isObject(value)) {
      const before = this.problems.length
      for (const key of Object.keys(fields)) this.#known(key, kind, path)
      if (kind === undefined && this.problems.length === before) this.problem(path, 'it is empty', FORMS)
    }
    if (kind === 'pid') this.#pid(fields, path)
    else if (kind === 'prometheus') this.#prometheus(fields, path)
    else if (kind === 'cgroup') this.#text(fields.cgroup, [...path, 'cgroup'], "'/system.slice/api.service'")
  }

  record(value: unknown, path: readonly string[], example: string | undefined): Record<string, unknown> {
    if (isObject(value)) return { ...value }
    this.problem(path, `it is ${show(value)}`, example ? `Write an object: ${example}.` : FORMS)
    return {}
  }

  problem(path: readonly string[], found: string, advice: string): void {
    this.problems.push({ path: pointerThrough(path), verb: 'read', thing: path.join('.'), found, advice })
  }

  #known(key: string, kind: Kind | undefined, path: readonly string[]): void {
    const keys: readonly string[] = kind === undefined ? KINDS : KEYS[kind]
    if (keys.includes(key)) return
    const all = [...new Set(KINDS.flatMap(one => KEYS[one] as readonly string[]))]
    const meant = didYouMean(key, kind === undefined ? all : keys)
    const known = kind === undefined ? FORMS : `Beside ${kind} there can be ${keys.slice(1).join(', ') || 'nothing'}.`
    this.problem([...path, key], 'there is no such key', meant ? `Did you mean "${meant}"?` : known)
  }

  #pid({ pid, probe }: Record<string, unknown>, path: readonly string[]): void {
    if (!Number.isInteger(pid) || (pid as number) < 1)
      this.problem([...path, 'pid'], `it is ${show(pid)}`, 'Write the number of a process.')
    if (probe !== undefined) this.#text(probe, [...path, 'probe'], "'/tmp/probe'")
  }

  #prometheus(fields: Record<string, unknown>, path: readonly string[]): void {
    const at = [...path, 'prometheus']
    const example = "'http://127.0.0.1:9090/metrics'"
    if (this.#text(fields.prometheus, at, example) && !isHttp(fields.prometheus as string))
      this.problem(at, `${JSON.stringify(fields.prometheus)} is no http or https URL`, `Write ${example}.`)
    for (const key of ['memory', 'cpu']) this.#expression(fields[key], [...path, key])
    if (fields.series === undefined) return
    const series = this.record(fields.series, [...path, 'series'], "{ queue: 'sum(app_queue_length)' }")
    for (const [name, text] of Object.entries(series)) this.#expression(text, [...path, 'series', name])
  }

  #expression(value: unknown, path: readonly string[]): void {
    if (value === undefined || !this.#text(value, path, "'sum(app_queue_length)'")) return
    try {
      compileQuery(value as string)
    } catch (error) {
      const { found, advice = '' } = faultOf(error)!
      this.problem(path, `${JSON.stringify(value)}: ${found}`, advice)
    }
  }

  #text(value: unknown, path: readonly string[], example: string): boolean {
    if (typeof value === 'string' && value.trim() !== '') return true
    this.problem(path, `it is ${show(value)}`, `Write text: ${example}.`)
    return false
  }
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
