import { availableParallelism } from 'node:os'
import { didYouMean, failed } from '../errors.ts'
import type { LoadShape } from '../measure/shape.ts'
import type { Milliseconds } from '../units.ts'
import { parseDuration, parseRate, UnitError } from '../units.ts'
import { Fields } from './fields.ts'
import { readAdaptive } from './limit/read.ts'
import type { LoadPlan } from './load-plan.ts'

/** A fault in a load shape. `path` is a JSON Pointer below the shape: `''`, `/duration`. */
export interface ShapeProblem {
  path: string
  message: string
  hint?: string
}

export type ShapeReading =
  | { plan: LoadPlan; shape: LoadShape; problems: [] }
  | { plan?: undefined; shape?: undefined; problems: ShapeProblem[] }

export interface ShapeContext {
  /** What the shape is called in messages. Default `load`. */
  name?: string
  /** Keys that stand beside the shape's and are read by others. */
  besides?: readonly string[]
  /** Cores at hand. Default: those the process may use. */
  cores?: number
}

/** More than any generator makes; above it, the figure is a slip. */
const HIGHEST_RATE = 1_000_000
const MOST_VUS = 1000
const GRACEFUL_STOP = 5_000
/** A number of iterations has no length of its own, but no run is without an end. */
const LONGEST_COUNT = 600_000

const KNOWN = [
  ...['mode', 'rps', 'rate', 'vus', 'iterations', 'duration', 'rampUp', 'rampDown'],
  ...['warmUp', 'threads', 'gracefulStop', 'maxVus', 'maxDuration'],
]
const NOT_YET = new Set(['stages', 'adaptive', 'capacity', 'thinkTime', 'pacing', 'arrivals', 'seed'])

type Amount = 'rps' | 'rate' | 'vus'
const AMOUNTS: readonly Amount[] = ['rps', 'rate', 'vus']
/** What each `mode` of a document is about. `constant` holds virtual users for a duration. */
const MODES: Readonly<Record<string, Amount>> = { rps: 'rps', rate: 'rate', vus: 'vus', constant: 'vus' }

/**
 * Reads a load shape as users write it, in TypeScript or (with `mode`) in a document. Never throws: all that is wrong
 * comes back at once.
 */
export function readShape(input: unknown, context: ShapeContext = {}): ShapeReading {
  return new ShapeReader(input, context).read()
}

class ShapeReader {
  readonly #problems: ShapeProblem[] = []
  readonly #fields: Record<string, unknown>
  /** Keys that were probably meant by unknown ones: not to be missed once more. */
  readonly #meant = new Set<string>()
  readonly #isObject: boolean
  readonly #name: string
  readonly #cores: number
  readonly #besides: readonly string[]

  constructor(input: unknown, { name = 'load', besides = [], cores = availableParallelism() }: ShapeContext) {
    this.#besides = besides
    this.#name = name
    this.#cores = cores
    this.#isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
    const entries = this.#isObject ? Object.entries(input as object) : []
    this.#fields = Object.fromEntries(
      entries.filter(([key, value]) => value !== undefined && !besides.includes(key)),
    )
  }

  read(): ShapeReading {
    if (!this.#isObject) {
      this.#problem(
        '',
        'it is no object',
        "Write how much and how long, such as { rps: 100, duration: '30s' }.",
      )
      return { problems: this.#problems }
    }
    if ('adaptive' in this.#fields || this.#fields.mode === 'adaptive') return this.#adaptive()
    this.#checkKeys()
    const amount = this.#amount()
    const plan = amount && this.#plan(amount)
    if (plan === undefined || this.#problems.length > 0) return { problems: this.#problems }
    return { plan, shape: this.#shape(plan), problems: [] }
  }

  #adaptive(): ShapeReading {
    const fields = new Fields(this.#fields, this.#name, this.#problems)
    const { mode } = this.#fields
    if (mode !== undefined && mode !== 'adaptive')
      fields.fault('adaptive', `the mode is ${show(mode)}`, 'Remove adaptive, or change the mode.')
    fields.checkKeys(
      [...KNOWN, ...NOT_YET],
      ['adaptive', 'duration', 'warmUp', 'threads', 'gracefulStop', ...this.#besides],
    )
    fields.notWith('adaptive', [
      ...['rps', 'rate', 'vus', 'iterations', 'rampUp', 'rampDown', 'maxVus', 'maxDuration'],
      ...[...NOT_YET].filter(key => key !== 'adaptive'),
    ])
    const adaptive = readAdaptive(fields)
    const duration = this.#duration('rate')
    const times = {
      rampUp: 0,
      rampDown: 0,
      duration,
      warmUp: this.#length('warmUp', defaultWarmUp(duration, 0)),
    }
    const gracefulStop = this.#length('gracefulStop', GRACEFUL_STOP)
    const threads = this.#threads(adaptive?.maxVus ?? 1)
    if (adaptive === undefined || this.#problems.length > 0) return { problems: this.#problems }
    const plan = { ...adaptive, ...times, gracefulStop, threads }
    return { plan, shape: this.#shape(plan), problems: [] }
  }

  #checkKeys(): void {
    for (const key of Object.keys(this.#fields)) {
      if (KNOWN.includes(key)) continue
      if (NOT_YET.has(key)) this.#problem(key, 'it is not available yet', 'Remove it.')
      else {
        const meant = didYouMean(key, [...KNOWN.slice(1), ...this.#besides])
        if (meant) this.#meant.add(meant)
        const hint = meant ? `Did you mean "${meant}"?` : `Known keys are ${KNOWN.slice(1).join(', ')}.`
        this.#problem(key, 'there is no such key', hint)
      }
    }
  }

  /** Which of `rps`, `rate` and `vus` the shape is about; there has to be one, and one only. */
  #amount(): Amount | undefined {
    const given = AMOUNTS.filter(key => key in this.#fields)
    const { mode } = this.#fields
    if (mode !== undefined) return this.#amountOfMode(mode, given)
    if (given.length === 1) return given[0]
    if (given.length > 1) {
      const [first, ...others] = given as [Amount, ...Amount[]]
      for (const other of others)
        this.#problem(other, `${first} is given too, and a load is about one of them`, 'Remove one.')
    } else if (
      !AMOUNTS.some(key => this.#meant.has(key)) &&
      !Object.keys(this.#fields).some(key => NOT_YET.has(key))
    ) {
      this.#problem(
        '',
        'it does not say how much load',
        'Give rps (requests a second), rate (iterations a second) or vus (virtual users).',
      )
    }
    return undefined
  }

  #amountOfMode(mode: unknown, given: readonly Amount[]): Amount | undefined {
    if (mode === 'capacity') {
      this.#problem('mode', `"${mode}" is not available yet`, 'Use rps, rate, vus, constant or adaptive.')
      return undefined
    }
    const amount = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
    if (amount === undefined) {
      const meant =
        typeof mode === 'string' ? didYouMean(mode, [...Object.keys(MODES), 'adaptive']) : undefined
      const hint = meant ? `Did you mean "${meant}"?` : 'Modes are rps, rate, vus, constant and adaptive.'
      this.#problem('mode', `${show(mode)} is no mode`, hint)
      return undefined
    }
    for (const other of given) {
      if (other !== amount)
        this.#problem(other, `the mode is ${mode}`, `Remove ${other}, or change the mode.`)
    }
    if (mode === 'constant' && 'iterations' in this.#fields) {
      this.#problem(
        'iterations',
        'the mode is constant: users held for a duration',
        'Write mode: vus, or a duration.',
      )
    }
    if (given.includes(amount)) return amount
    this.#problem('mode', `the mode is ${mode}, but there is no ${amount}`, `Add ${amount}.`)
    return undefined
  }

  #plan(amount: Amount): LoadPlan | undefined {
    const counted = amount === 'vus' && 'iterations' in this.#fields
    if (counted) this.#notWith('vus with iterations', ['duration', 'rampUp', 'rampDown'])
    else {
      this.#notWith(`${amount} for a duration`, ['maxDuration'])
      if ('iterations' in this.#fields) {
        this.#problem(
          'iterations',
          `${amount} is given, and a number of iterations goes with vus`,
          `Write vus instead of ${amount}, or remove iterations.`,
        )
      }
    }
    if (amount === 'vus') this.#notWith('vus, which is the number of users', ['maxVus'])

    const duration = counted ? this.#length('maxDuration', LONGEST_COUNT, true) : this.#duration(amount)
    const rampUp = this.#length('rampUp', 0)
    const warmUp = this.#length('warmUp', counted ? 0 : defaultWarmUp(duration, rampUp))
    const rampDown = this.#length('rampDown', 0)
    const gracefulStop = this.#length('gracefulStop', GRACEFUL_STOP)
    const times = { rampUp, warmUp, duration, rampDown, gracefulStop }
    if (amount === 'vus') {
      const vus = this.#count('vus', 1)
      const shared = { ...times, threads: this.#threads(vus), maxVus: vus }
      if (!counted) return { model: 'closed', kind: 'vus', vus, ...shared }
      return { model: 'closed', kind: 'iterations', vus, iterations: this.#count('iterations', 1), ...shared }
    }
    const maxVus = this.#count('maxVus', MOST_VUS)
    return {
      model: 'open',
      kind: amount,
      rate: this.#rate(amount),
      ...times,
      threads: this.#threads(maxVus),
      maxVus,
    }
  }

  /* ---- fields ---- */

  #duration(amount: Amount): Milliseconds {
    if ('duration' in this.#fields) return this.#length('duration', 0, true)
    if ('iterations' in this.#fields || this.#meant.has('duration')) return 0 // what is wrong has been said
    const or = amount === 'vus' ? ', or iterations' : ''
    this.#problem('', 'it does not say how long', `Add a duration, such as '30s'${or}.`)
    return 0
  }

  #length(key: string, otherwise: Milliseconds, positive = false): Milliseconds {
    const value = this.#quantity(key, otherwise, parseDuration)
    if (positive && value === 0) this.#problem(key, 'it is zero', 'Give it some time.')
    return value
  }

  #rate(key: 'rps' | 'rate'): number {
    const value = this.#quantity(key, 0, parseRate)
    if (value === 0) this.#problem(key, 'it is zero', 'Give a rate above zero.')
    if (value > HIGHEST_RATE)
      this.#problem(key, 'it is more than 1,000,000 a second', 'Give a rate that can be made.')
    return value
  }

  #count(key: string, otherwise: number): number {
    const value = this.#fields[key] ?? otherwise
    if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number
    this.#problem(key, `${show(value)} is no whole number of at least 1`)
    return otherwise
  }

  /** A thread without a user would have nothing to do. */
  #threads(vus: number): number {
    return Math.min(this.#count('threads', Math.max(1, this.#cores - 1)), vus)
  }

  #quantity(key: string, otherwise: number, parse: (input: unknown) => number): number {
    const input = this.#fields[key]
    if (input === undefined) return otherwise
    try {
      return parse(input)
    } catch (error) {
      if (!(error instanceof UnitError)) throw error
      this.#problem(key, `${show(input)}: ${error.found}`, error.advice)
      return Number.NaN
    }
  }

  #notWith(what: string, keys: readonly string[]): void {
    for (const key of keys) {
      if (key in this.#fields) this.#problem(key, `it does not go with ${what}`, `Remove ${key}.`)
    }
  }

  /** As written, without `mode` and with rates as numbers. */
  #shape(plan: LoadPlan): LoadShape {
    const { mode: _, ...fields } = this.#fields
    return { ...fields, ...(plan.model === 'open' && { [plan.kind]: plan.rate }) } as unknown as LoadShape
  }

  #problem(key: string, found: string, hint?: string): void {
    const problem = {
      path: key === '' ? '' : `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: failed('read', key === '' ? this.#name : `${this.#name}.${key}`, found),
    }
    this.#problems.push(hint === undefined ? problem : { ...problem, hint })
  }
}

/** A tenth of the duration, from 1 s to 5 s; a ramp-up that is as long has warmed up already. */
function defaultWarmUp(duration: Milliseconds, rampUp: Milliseconds): Milliseconds {
  const warmUp = Math.min(5_000, Math.max(1_000, duration / 10))
  return rampUp >= warmUp ? 0 : warmUp
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? String(value))
}
