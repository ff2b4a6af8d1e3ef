import { suggestion } from '../../ground/errors.ts'
import { Fields, HIGHEST_THREADS, HIGHEST_VUS, type OptionFault } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { type Milliseconds, type PerSecond, parseRate } from '../../ground/units.ts'
import type { LoadShape } from '../../measure/shape.ts'
import { usableCores } from './cores.ts'
import { curveOf, hold, peakOf, type Ramp } from './curve.ts'
import type { LoadPlan, PlanTimes } from './load-plan.ts'
import { plainRates, readCapacity } from './read-capacity.ts'
import { readAdaptive } from './read-limit.ts'
import { readPause } from './read-pause.ts'
import { readWarmUp } from './read-warm-up.ts'
import { AMOUNTS, type Amount, readAmount, readPlateau, readStages, type Stretches } from './stages.ts'

/** A fault in a load shape. `path` is a JSON Pointer below the shape: `''`, `/duration`. */
type ShapeProblem = OptionFault

export type ShapeReading =
  | { plan: LoadPlan; shape: LoadShape; problems: [] }
  | { plan?: undefined; shape?: undefined; problems: ShapeProblem[] }

export interface ShapeContext {
  /** What the shape is called in messages. Default `load`. */
  name?: string
  /** Keys that stand beside the shape's and are read by others. */
  besides?: readonly string[]
  /** Cores at hand. Default: those the process may use, by affinity and by quota. */
  cores?: number
  /** Whether what is loaded runs on this machine, so that one core is left for it. Default true. */
  isLocal?: boolean
  /** How long iterations in flight may finish unless the shape says it. Default 5 s. */
  gracefulStop?: Milliseconds
}

const MOST_VUS = 1000
/** How long iterations in flight may finish, at least, unless the shape says it. */
export const GRACEFUL_STOP: Milliseconds = 5_000
/** A number of iterations has no length of its own, but no run is without an end. */
const LONGEST_COUNT = 600_000
const SEED = 1
const LONGEST_SEARCH = 300_000
/**
 * No probe begins after the search's longest time; the one in hand, a rest and the beginning of the window still come.
 */
const OVERTIME = 60_000
const SEARCH_WARM_UP = 2_000
const MOST_SEARCH_VUS = 10_000

export const SHAPE_KEYS: readonly string[] = [
  ...['mode', 'rps', 'rate', 'vus', 'iterations', 'shared', 'stages', 'duration', 'rampUp', 'rampDown'],
  ...['spike', 'arrivals', 'thinkTime', 'pacing', 'warmUp', 'threads', 'seed', 'gracefulStop'],
  ...['maxVus', 'maxDuration', 'adaptive', 'capacity'],
]

type About = Amount | 'stages' | 'adaptive' | 'capacity'
const ABOUT: readonly About[] = [...AMOUNTS, 'stages', 'adaptive', 'capacity']

/** What each `mode` of a document is about. `constant` holds virtual users for a duration. */
const MODES: Readonly<Record<string, About>> = {
  rps: 'rps',
  rate: 'rate',
  vus: 'vus',
  constant: 'vus',
  stages: 'stages',
  adaptive: 'adaptive',
  capacity: 'capacity',
}
const MODE_NAMES = 'rps, rate, vus, constant, stages, adaptive'

/**
 * Reads a load shape as users write it, in TypeScript or (with `mode`) in a document. Never throws: all that is wrong
 * comes back at once.
 */
export function readShape(input: unknown, context: ShapeContext = {}): ShapeReading {
  const problems: ShapeProblem[] = []
  const { name = 'load', besides = [], isLocal = true, gracefulStop = GRACEFUL_STOP } = context
  if (!isObject(input)) {
    const advice = "Write how much and how long, such as { rps: 100, duration: '30s' }."
    new Fields({}, name, problems).fault('', 'it is not an object', advice)
    return { problems }
  }
  const own = Object.entries(input).filter(([key]) => !besides.includes(key))
  // Read from files of the system, and only where nobody says how many.
  const threads = () => {
    const { cores = usableCores() } = context
    return Math.max(1, isLocal ? cores - 1 : cores)
  }
  const reader = new ShapeReader(new Fields(Object.fromEntries(own), name, problems), besides, threads, gracefulStop)
  const plan = reader.read()
  if (plan === undefined || problems.length > 0) return { problems }
  return { plan, shape: asWritten(Object.fromEntries(own), plan), problems: [] }
}

/** What budgets have to know of a search: its highest rate. One that could not be read is taken for the widest. */
export function searchOf({ plan }: ShapeReading, written: unknown): { capacity?: { to: PerSecond } } {
  if (plan !== undefined) return plan.kind === 'capacity' ? { capacity: { to: plan.to } } : {}
  const isSearch = isObject(written) && ('capacity' in written || written.mode === 'capacity')
  return isSearch ? { capacity: { to: Number.POSITIVE_INFINITY } } : {}
}

class ShapeReader {
  readonly #fields: Fields
  readonly #threadsByDefault: () => number
  readonly #besides: readonly string[]
  readonly #gracefulStop: Milliseconds
  /** Keys that were probably meant by unknown ones: not to be missed once more. */
  #meant: ReadonlySet<string> = new Set()

  constructor(fields: Fields, besides: readonly string[], threadsByDefault: () => number, gracefulStop: Milliseconds) {
    this.#fields = fields
    this.#gracefulStop = gracefulStop
    this.#besides = besides
    this.#threadsByDefault = threadsByDefault
  }

  read(): LoadPlan | undefined {
    const fields = this.#fields
    this.#meant = fields.checkKeys(SHAPE_KEYS, [...SHAPE_KEYS.slice(1), ...this.#besides])
    const about = this.#about()
    if (about === 'stages') return this.#staged()
    if (about === 'adaptive') return this.#adaptive()
    if (about === 'capacity') return this.#capacity()
    if (about === undefined) return undefined
    return about === 'vus' && fields.has('iterations') ? this.#counted() : this.#steady(about)
  }

  /* ---- what it is about ---- */

  /**
   * Which of `rps`, `rate`, `vus`, `stages`, `adaptive` and `capacity` the shape is about; there has to be one, and one
   * only.
   */
  #about(): About | undefined {
    const fields = this.#fields
    const given = ABOUT.filter(key => fields.has(key))
    const mode = fields.get('mode')
    if (mode !== undefined) return this.#aboutMode(mode, given)
    if (given.length === 1) return given[0]
    if (given.length > 1) {
      const [first, ...others] = given as [About, ...About[]]
      for (const other of others)
        fields.fault(other, `${first} is given too, and a load is about one of them`, 'Remove one.')
    } else if (!ABOUT.some(key => this.#meant.has(key))) {
      fields.fault(
        '',
        'it does not say how much load',
        'Give rps (requests a second), rate (iterations a second), vus (virtual users) or stages.',
      )
    }
    return undefined
  }

  #aboutMode(mode: unknown, given: readonly About[]): About | undefined {
    const fields = this.#fields
    const about = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined
    if (about === undefined) {
      const meant = typeof mode === 'string' ? suggestion(mode, Object.keys(MODES)) : undefined
      return fields.fault('mode', `${show(mode)} is not a mode`, meant ?? `Modes are ${MODE_NAMES} and capacity.`)
    }
    for (const other of given) {
      if (other !== about) fields.fault(other, `the mode is ${mode}`, `Remove ${other}, or change the mode.`)
    }
    if (mode === 'constant' && fields.has('iterations')) {
      fields.fault('iterations', 'the mode is constant: users held for a duration', 'Write mode: vus, or a duration.')
    }
    // What is missing of an adaptive load or a search is said where that is read.
    if (given.includes(about) || about === 'adaptive' || about === 'capacity') return about
    return fields.fault('mode', `the mode is ${mode}, but there is no ${about}`, `Add ${about}.`)
  }

  /* ---- the kinds of plan ---- */

  #counted(): LoadPlan {
    const fields = this.#fields
    fields.notWith('vus with iterations', ['duration', 'rampUp', 'rampDown', 'spike', 'arrivals'])
    fields.notWith('vus, which is the number of users', ['maxVus'])
    const vus = fields.count('vus', 1, 1, HIGHEST_VUS)
    const pacing = readPause(fields, 'pacing')
    return given({
      model: 'closed',
      kind: 'iterations',
      vus,
      iterations: fields.count('iterations', 1),
      shared: fields.flag('shared') ?? false,
      pacing,
      ...this.#times({
        rampUp: 0,
        ...readWarmUp(fields, 0),
        rampDown: 0,
        duration: fields.length('maxDuration', LONGEST_COUNT, true),
      }),
      ...this.#users(vus),
    })
  }

  #steady(amount: Amount): LoadPlan {
    const fields = this.#fields
    fields.notWith(`${amount} for a duration`, ['maxDuration'])
    if (fields.has('iterations')) {
      const advice = `Write vus instead of ${amount}, or remove iterations.`
      fields.fault('iterations', `${amount} is given, and a number of iterations goes with vus`, advice)
    }
    const duration = this.#duration(amount)
    const rampUp = fields.length('rampUp', 0)
    const rampDown = fields.length('rampDown', 0)
    const base = readAmount(fields, amount, amount)
    if (base === 0 && fields.get(amount) !== undefined)
      fields.fault(amount, 'it is zero', `Give ${amount === 'vus' ? 'at least one user' : 'a rate above zero'}.`)
    return this.#curved(amount, {
      before: [{ from: 0, to: base, length: rampUp }],
      measured: readPlateau(fields, amount, base, duration),
      after: [{ from: base, to: 0, length: rampDown }],
    })
  }

  #staged(): LoadPlan | undefined {
    const fields = this.#fields
    const keys = ['iterations', 'maxDuration', 'duration', 'rampUp', 'rampDown', 'spike']
    fields.notWith('stages, which say it all', keys)
    const read = readStages(fields)
    return read && this.#curved(read.amount, read.stretches)
  }

  #adaptive(): LoadPlan | undefined {
    const fields = this.#fields
    const steady = ['iterations', 'shared', 'rampUp', 'rampDown', 'spike', 'arrivals', 'pacing']
    fields.notWith('adaptive', [...steady, 'maxVus', 'maxDuration'])
    const adaptive = readAdaptive(fields)
    const duration = this.#duration('rate')
    const warmUp = readWarmUp(fields, defaultWarmUp(duration, 0))
    const times = this.#times({ rampUp: 0, ...warmUp, duration, rampDown: 0 })
    return adaptive && { ...adaptive, ...times, threads: this.#threads(adaptive.maxVus) }
  }

  /** The search takes the place of a ramp-up, and warms up before it: by default as long as a short look at a rate. */
  #capacity(): LoadPlan | undefined {
    const fields = this.#fields
    fields.notWith('capacity', ['iterations', 'shared', 'rampUp', 'rampDown', 'spike', 'pacing'])
    const capacity = readCapacity(fields)
    const limit = fields.length('maxDuration', LONGEST_SEARCH, true)
    const times = this.#times({
      rampUp: limit + OVERTIME,
      warmUp: fields.length('warmUp', SEARCH_WARM_UP),
      rampDown: 0,
      duration: fields.length('duration', capacity?.hold ?? 0, capacity !== undefined),
    })
    // Little's law; a response may take as long as is allowed, and the next rate be twice the last.
    const needed = capacity ? Math.ceil((2 * capacity.to * capacity.latency.bound) / 1_000) : 0
    const enough = needed > MOST_SEARCH_VUS ? MOST_VUS : Math.max(MOST_VUS, needed)
    const maxVus = fields.count('maxVus', enough, 1, HIGHEST_VUS)
    const arrivals = fields.word('arrivals', ['uniform', 'poisson'], 'uniform')
    return capacity && { ...capacity, limit, arrivals, ...times, ...this.#users(maxVus) }
  }

  /** A warm-up lies between what comes before the measured window and the window, at the load this begins with. */
  #curved(amount: Amount, { before, measured, after }: Stretches): LoadPlan {
    const fields = this.#fields
    const [rampUp, duration, rampDown] = [before, measured, after].map(lengthOfAll) as [number, number, number]
    const start = measured.find(({ length }) => length > 0)?.from ?? 0
    const { warmUp, steady } = readWarmUp(fields, start === 0 ? 0 : defaultWarmUp(duration, rampUp))
    if (start === 0 && warmUp > 0 && duration > 0) {
      const advice = 'Begin with a hold, or leave the first stage out of the measured window (measure: false).'
      fields.fault('warmUp', 'the measured stages begin with no load to warm up with', advice)
    }
    const curve = curveOf([...before, hold(start, warmUp), ...measured, ...after])
    const times = this.#times(given({ rampUp, warmUp, steady, duration, rampDown }))
    if (fields.has('shared')) fields.notWith('a load without a number of iterations', ['shared'])
    if (amount === 'vus') {
      fields.notWith('vus, which is the number of users', ['maxVus', 'arrivals'])
      const vus = peakOf(curve) || 1
      const pacing = readPause(fields, 'pacing')
      return given({ model: 'closed', kind: 'vus', vus, curve, pacing, ...times, ...this.#users(vus) })
    }
    fields.notWith(`${amount}, which says when iterations begin`, ['pacing'])
    const maxVus = fields.count('maxVus', MOST_VUS, 1, HIGHEST_VUS)
    const arrivals = fields.word('arrivals', ['uniform', 'poisson'], 'uniform')
    return { model: 'open', kind: amount, rate: peakOf(curve), curve, arrivals, ...times, ...this.#users(maxVus) }
  }

  /* ---- fields ---- */

  #times(
    times: Pick<PlanTimes, 'rampUp' | 'warmUp' | 'steady' | 'duration' | 'rampDown'>,
  ): Omit<PlanTimes, 'threads' | 'maxVus'> {
    const thinkTime = readPause(this.#fields, 'thinkTime')
    return given({
      ...times,
      gracefulStop: this.#fields.length('gracefulStop', this.#gracefulStop),
      seed: this.#fields.count('seed', SEED, 0),
      thinkTime,
    })
  }

  #duration(amount: Amount): Milliseconds {
    const fields = this.#fields
    if (fields.has('duration')) return fields.length('duration', 0, true)
    if (fields.has('iterations') || this.#meant.has('duration')) return 0 // what is wrong has been said
    const or = amount === 'vus' ? ', or iterations' : ''
    fields.fault('', 'it does not say how long', `Add a duration, such as '30s'${or}.`)
    return 0
  }

  /** The most virtual users at once, and the threads that they are spread over. */
  #users(maxVus: number): Pick<PlanTimes, 'threads' | 'maxVus'> {
    return { threads: this.#threads(maxVus), maxVus }
  }

  /** A thread without a user would have nothing to do. */
  #threads(vus: number): number {
    const byDefault = this.#fields.has('threads') ? 1 : this.#threadsByDefault()
    return Math.min(this.#fields.count('threads', byDefault, 1, HIGHEST_THREADS), vus)
  }
}

function lengthOfAll(ramps: readonly Ramp[]): Milliseconds {
  return ramps.reduce((sum, { length }) => sum + length, 0)
}

/** A tenth of the duration, from 1 s to 5 s; a ramp-up that is as long has warmed up already. */
function defaultWarmUp(duration: Milliseconds, rampUp: Milliseconds): Milliseconds {
  const warmUp = Math.min(5_000, Math.max(1_000, duration / 10))
  return rampUp >= warmUp ? 0 : warmUp
}

/** Shape as users wrote it, without `mode` and with the rate as a number. */
function asWritten({ mode: _, ...fields }: Record<string, unknown>, { kind }: LoadPlan): LoadShape {
  const rate = kind === 'rps' || kind === 'rate' ? fields[kind] : undefined
  return {
    ...fields,
    ...(rate !== undefined && { [kind]: parseRate(rate) }),
    ...(isObject(fields.capacity) && { capacity: plainRates(fields.capacity) }),
  } as unknown as LoadShape
}
