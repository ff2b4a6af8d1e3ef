import { suggestion } from '../../ground/errors.ts'
import { Fields, HIGHEST_THREADS, HIGHEST_VUS, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { type Milliseconds, parseDuration, parseRate } from '../../ground/units.ts'
import type { LoadShape } from '../../measure/shape.ts'
import { usableCores } from './cores.ts'
import { curveOf, hold, type LoadPlan, type Pause, type PlanTimes, peakOf, type Ramp } from './load-plan.ts'
import { readAdaptive } from './read-adaptive.ts'
import { readCapacity } from './read-capacity.ts'

/** Unit of a load: requests or iterations per second, or virtual users. */
type Amount = 'rps' | 'rate' | 'vus'
const AMOUNTS: readonly Amount[] = ['rps', 'rate', 'vus']

/** Stages before, in and after the measured window. */
interface Stretches {
  before: Ramp[]
  measured: Ramp[]
  after: Ramp[]
}

interface Stretch extends Ramp {
  /** Undefined if it is not given: a first rise from 0 and a last fall to 0 are then left out. */
  isMeasured: boolean | undefined
  stage: Fields
}

const STAGES_ADVICE = "Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }."
const KEYS = ['rps', 'rate', 'vus', 'duration', 'hold', 'measure']

/** Reads an amount of load of that kind; zero is one. */
function readAmount(fields: Fields, key: string, amount: Amount): number {
  return amount === 'vus' ? fields.count(key, 0, 0, HIGHEST_VUS) : fields.rate(key)
}

/**
 * Reads `stages`, which are all about one amount. A stage goes from the amount before it (nothing before the first) to
 * its own in a straight line over `duration`, and holds it for `hold`; without `duration` it jumps.
 */
function readStages(fields: Fields): { amount: Amount; stretches: Stretches } | undefined {
  const stages = fields.each('stages', STAGES_ADVICE)
  const amount = amountOf(stages)
  if (amount === undefined) return undefined
  const stretches: Stretch[] = []
  let level = 0
  for (const stage of stages) {
    stage.checkKeys(KEYS, [amount, ...KEYS.slice(AMOUNTS.length)])
    if (!stage.has('duration') && !stage.has('hold')) {
      stage.fault('', 'it does not say how long', 'Add duration (to get there), hold (to stay there), or both.')
    }
    const isMeasured = stage.flag('measure')
    const target = readAmount(stage, amount, amount)
    const add = (from: number, length: Milliseconds) => {
      if (length > 0) stretches.push({ from, to: target, length, isMeasured, stage })
    }
    add(level, stage.length('duration', 0))
    add(target, stage.length('hold', 0))
    level = target
  }
  if (stages.every(stage => stage.get(amount) === 0)) fields.fault('stages', 'there is no load in them', STAGES_ADVICE)
  if (stretches.length > 0) return { amount, stretches: divide(fields, stretches) }
  if (stages.some(stage => stage.has('duration') || stage.has('hold')))
    fields.fault('stages', 'they take no time', STAGES_ADVICE)
  return undefined
}

function amountOf(stages: readonly Fields[]): Amount | undefined {
  let amount: Amount | undefined
  for (const stage of stages) {
    const [own, ...more] = AMOUNTS.filter(key => stage.has(key))
    for (const other of more) stage.fault(other, `${own} is given too, and a stage is about one of them`, 'Remove one.')
    if (own === undefined) stage.fault('', 'it does not say how much load', `Give ${amount ?? 'rps, rate or vus'}.`)
    else if (amount !== undefined && own !== amount)
      stage.fault(own, `the stages before it are about ${amount}`, `Give ${amount}.`)
    amount ??= own
  }
  return amount
}

/** Finds the measured window. What is left out has to lie before or after it. */
function divide(fields: Fields, stretches: readonly Stretch[]): Stretches {
  const isClimb = ({ from, to }: Stretch, index: number) => index === 0 && from === 0 && to > 0
  const isFall = ({ from, to }: Stretch, index: number) => index === stretches.length - 1 && from > 0 && to === 0
  let measured = stretches.map(
    (stretch, index) => stretch.isMeasured ?? !(isClimb(stretch, index) || isFall(stretch, index)),
  )
  if (!measured.includes(true)) measured = stretches.map(({ isMeasured }) => isMeasured ?? true)
  const [first, last] = [measured.indexOf(true), measured.lastIndexOf(true)]
  if (first < 0) fields.fault('stages', 'none of them is measured', 'Remove "measure: false" from one.')
  for (const [index, { stage }] of stretches.entries()) {
    if (index > first && index < last && !measured[index])
      stage.fault('measure', 'it leaves out a stage in the middle', 'Leave out the first or the last stages.')
  }
  return {
    before: stretches.slice(0, Math.max(0, first)),
    measured: stretches.slice(first, last + 1),
    after: stretches.slice(last + 1),
  }
}

/** A fault in a load shape. `path` is a JSON Pointer below the shape: `''`, `/duration`. */
type ShapeProblem = OptionFault

type ShapeReading =
  | { plan: LoadPlan; shape: LoadShape; problems: [] }
  | { plan?: undefined; shape?: undefined; problems: ShapeProblem[] }

export interface ShapeContext {
  /** Name of the shape in messages. Default `load`. */
  name?: string
  /** Keys next to those of the shape, which other code reads. */
  besides?: readonly string[]
  /** Usable cores. Default: those the process may use, by affinity and by quota. */
  cores?: number
  /** Whether what is loaded runs on this machine, so that one core is left for it. Default true. */
  isLocal?: boolean
  /** How long iterations in flight may finish. Default 5 s. */
  gracefulStop?: Milliseconds
}

const MOST_VUS = 1000

/** How long iterations in flight may finish, at least. */
export const GRACEFUL_STOP: Milliseconds = 5_000

/** A number of iterations has no length of its own, but no run is without an end. */
const LONGEST_COUNT = 600_000
const SEED = 1
const LONGEST_SEARCH = 300_000

/** No probe begins after the search's maximum time; the current one, a rest and the beginning of the window follow. */
const OVERTIME = 60_000
const SEARCH_WARM_UP = 2_000
const MOST_SEARCH_VUS = 10_000

export const SHAPE_KEYS: readonly string[] = [
  ...['mode', 'rps', 'rate', 'vus', 'iterations', 'stages', 'duration', 'rampUp', 'rampDown'],
  ...['thinkTime', 'pacing', 'warmUp', 'threads', 'seed', 'maxVus', 'maxDuration', 'adaptive', 'capacity'],
]

type About = Amount | 'stages' | 'adaptive' | 'capacity'
const ABOUT: readonly About[] = [...AMOUNTS, 'stages', 'adaptive', 'capacity']

/** Subject of each `mode` of a document. `constant` holds virtual users for a duration. */
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
  const own = Object.entries(input).filter(([key, value]) => value !== undefined && !besides.includes(key))
  // Read from system files, and only if the number is not given.
  const threads = () => {
    const { cores = usableCores() } = context
    return Math.max(1, isLocal ? cores - 1 : cores)
  }
  const fields = new Fields(Object.fromEntries(own), name, problems)
  const meant = fields.checkKeys(SHAPE_KEYS, [...SHAPE_KEYS.slice(1), ...besides])
  const plan = readPlan({ fields, threads, gracefulStop, meant })
  if (plan === undefined || problems.length > 0) return { problems }
  return { plan, shape: asWritten(Object.fromEntries(own), plan), problems: [] }
}

/** A shape that is being read. */
interface Shape {
  fields: Fields
  /** Threads unless they are given. */
  threads: () => number
  gracefulStop: Milliseconds
  /** Keys that were probably meant by unknown ones: not to be missed once more. */
  meant: ReadonlySet<string>
}

function readPlan(shape: Shape): LoadPlan | undefined {
  const about = aboutOf(shape)
  if (about === 'stages') return readStaged(shape)
  if (about === 'adaptive') return readAdaptiveLoad(shape)
  if (about === 'capacity') return readSearch(shape)
  if (about === undefined) return undefined
  return about === 'vus' && shape.fields.has('iterations') ? readCounted(shape) : readSteady(shape, about)
}

/* ---- what it is about ---- */

/** Subject of the shape: `rps`, `rate`, `vus`, `stages`, `adaptive` or `capacity`; exactly one is required. */
function aboutOf({ fields, meant }: Shape): About | undefined {
  const given = ABOUT.filter(key => fields.has(key))
  const mode = fields.get('mode')
  if (mode !== undefined) return aboutOfMode(fields, mode, given)
  if (given.length === 1) return given[0]
  if (given.length > 1) {
    const [first, ...others] = given as [About, ...About[]]
    for (const other of others)
      fields.fault(other, `${first} is given too, and a load is about one of them`, 'Remove one.')
  } else if (!ABOUT.some(key => meant.has(key))) {
    fields.fault(
      '',
      'it does not say how much load',
      'Give rps (requests a second), rate (iterations a second), vus (virtual users) or stages.',
    )
  }
  return undefined
}

function aboutOfMode(fields: Fields, mode: unknown, given: readonly About[]): About | undefined {
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
  // Missing fields of an adaptive load or a search are reported where they are read.
  if (given.includes(about) || about === 'adaptive' || about === 'capacity') return about
  return fields.fault('mode', `the mode is ${mode}, but there is no ${about}`, `Add ${about}.`)
}

/* ---- the kinds of plan ---- */
function readCounted(shape: Shape): LoadPlan {
  const { fields } = shape
  fields.notWith('vus with iterations', ['duration', 'rampUp', 'rampDown'])
  fields.notWith('vus, which is the number of users', ['maxVus'])
  const vus = fields.count('vus', 1, 1, HIGHEST_VUS)
  const pacing = readPause(fields, 'pacing')
  return {
    model: 'closed',
    kind: 'iterations',
    vus,
    iterations: fields.count('iterations', 1),
    pacing,
    ...readTimes(shape, {
      rampUp: 0,
      ...readWarmUp(fields, 0),
      rampDown: 0,
      duration: fields.length('maxDuration', LONGEST_COUNT, true),
    }),
    ...readUsers(shape, vus),
  }
}

function readSteady(shape: Shape, amount: Amount): LoadPlan {
  const { fields } = shape
  fields.notWith(`${amount} for a duration`, ['maxDuration'])
  if (fields.has('iterations')) {
    const advice = `Write vus instead of ${amount}, or remove iterations.`
    fields.fault('iterations', `${amount} is given, and a number of iterations goes with vus`, advice)
  }
  const duration = readDuration(shape, amount)
  const rampUp = fields.length('rampUp', 0)
  const rampDown = fields.length('rampDown', 0)
  const base = readAmount(fields, amount, amount)
  if (base === 0 && fields.get(amount) !== undefined)
    fields.fault(amount, 'it is zero', `Give ${amount === 'vus' ? 'at least one user' : 'a rate above zero'}.`)
  return readCurved(shape, amount, {
    before: [{ from: 0, to: base, length: rampUp }],
    measured: [hold(base, duration)],
    after: [{ from: base, to: 0, length: rampDown }],
  })
}

function readStaged(shape: Shape): LoadPlan | undefined {
  const { fields } = shape
  const keys = ['iterations', 'maxDuration', 'duration', 'rampUp', 'rampDown']
  fields.notWith('stages, which say it all', keys)
  const read = readStages(fields)
  return read && readCurved(shape, read.amount, read.stretches)
}

function readAdaptiveLoad(shape: Shape): LoadPlan | undefined {
  const { fields } = shape
  const steady = ['iterations', 'rampUp', 'rampDown', 'pacing']
  fields.notWith('adaptive', [...steady, 'maxVus', 'maxDuration'])
  const adaptive = readAdaptive(fields)
  const duration = readDuration(shape, 'rate')
  const warmUp = readWarmUp(fields, defaultWarmUp(duration, 0))
  const times = readTimes(shape, { rampUp: 0, ...warmUp, duration, rampDown: 0 })
  return adaptive && { ...adaptive, ...times, threads: readThreads(shape, adaptive.maxVus) }
}

/** The search takes the place of a ramp-up, and warms up before it: by default as long as a short look at a rate. */
function readSearch(shape: Shape): LoadPlan | undefined {
  const { fields } = shape
  fields.notWith('capacity', ['iterations', 'rampUp', 'rampDown', 'pacing'])
  const capacity = readCapacity(fields)
  const limit = fields.length('maxDuration', LONGEST_SEARCH, true)
  const times = readTimes(shape, {
    rampUp: limit + OVERTIME,
    warmUp: fields.length('warmUp', SEARCH_WARM_UP),
    rampDown: 0,
    duration: fields.length('duration', capacity?.hold ?? 0, capacity !== undefined),
  })
  // Little's law; a response may take as long as is allowed, and the next rate be twice the last.
  const needed = capacity ? Math.ceil((2 * capacity.to * capacity.latency.bound) / 1_000) : 0
  const enough = needed > MOST_SEARCH_VUS ? MOST_VUS : Math.max(MOST_VUS, needed)
  const maxVus = fields.count('maxVus', enough, 1, HIGHEST_VUS)
  return capacity && { ...capacity, limit, ...times, ...readUsers(shape, maxVus) }
}

/** A warm-up lies between what comes before the measured window and the window, at the load this begins with. */
function readCurved(shape: Shape, amount: Amount, { before, measured, after }: Stretches): LoadPlan {
  const { fields } = shape
  const [rampUp, duration, rampDown] = [before, measured, after].map(lengthOfAll) as [number, number, number]
  const start = measured.find(({ length }) => length > 0)?.from ?? 0
  const { warmUp, steady } = readWarmUp(fields, start === 0 ? 0 : defaultWarmUp(duration, rampUp))
  if (start === 0 && warmUp > 0 && duration > 0) {
    const advice = 'Begin with a hold, or leave the first stage out of the measured window (measure: false).'
    fields.fault('warmUp', 'the measured stages begin with no load to warm up with', advice)
  }
  const curve = curveOf([...before, hold(start, warmUp), ...measured, ...after])
  const times = readTimes(shape, { rampUp, warmUp, steady, duration, rampDown })
  if (amount === 'vus') {
    fields.notWith('vus, which is the number of users', ['maxVus'])
    const vus = peakOf(curve) || 1
    const pacing = readPause(fields, 'pacing')
    return { model: 'closed', kind: 'vus', vus, curve, pacing, ...times, ...readUsers(shape, vus) }
  }
  fields.notWith(`${amount}, which says when iterations begin`, ['pacing'])
  const maxVus = fields.count('maxVus', MOST_VUS, 1, HIGHEST_VUS)
  return { model: 'open', kind: amount, rate: peakOf(curve), curve, ...times, ...readUsers(shape, maxVus) }
}

/* ---- fields ---- */
function readTimes(
  { fields, gracefulStop }: Shape,
  times: Pick<PlanTimes, 'rampUp' | 'warmUp' | 'steady' | 'duration' | 'rampDown'>,
): Omit<PlanTimes, 'threads' | 'maxVus'> {
  const thinkTime = readPause(fields, 'thinkTime')
  return { ...times, gracefulStop, seed: fields.count('seed', SEED, 0), thinkTime }
}

function readDuration({ fields, meant }: Shape, amount: Amount): Milliseconds {
  if (fields.has('duration')) return fields.length('duration', 0, true)
  if (fields.has('iterations') || meant.has('duration')) return 0 // what is wrong has been said
  const or = amount === 'vus' ? ', or iterations' : ''
  fields.fault('', 'it does not say how long', `Add a duration, such as '30s'${or}.`)
  return 0
}

/** The most virtual users at once, and the threads that they are spread over. */
function readUsers(shape: Shape, maxVus: number): Pick<PlanTimes, 'threads' | 'maxVus'> {
  return { threads: readThreads(shape, maxVus), maxVus }
}

/** A thread without a user would have nothing to do. */
function readThreads({ fields, threads }: Shape, vus: number): number {
  const byDefault = fields.has('threads') ? 1 : threads()
  return Math.min(fields.count('threads', byDefault, 1, HIGHEST_THREADS), vus)
}

const lengthOfAll = (ramps: readonly Ramp[]): Milliseconds => ramps.reduce((sum, { length }) => sum + length, 0)

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

/** A rate of a `capacity` shape as it was written, as a number. */
function plainRates(capacity: Record<string, unknown>): Record<string, unknown> {
  const rates = (['from', 'to'] as const).filter(key => capacity[key] !== undefined)
  return { ...capacity, ...Object.fromEntries(rates.map(key => [key, parseRate(capacity[key])])) }
}

const AT_LEAST: Milliseconds = 2_000
const AT_MOST: Milliseconds = 30_000

/** Reads `warmUp`: a length, or `'auto'` for one that lasts until the load is steady. */
function readWarmUp(fields: Fields, otherwise: Milliseconds): Pick<PlanTimes, 'warmUp' | 'steady'> {
  if (fields.get('warmUp') === 'auto') return { warmUp: AT_MOST, steady: { atLeast: AT_LEAST } }
  return { warmUp: fields.length('warmUp', otherwise) }
}

const ADVICE =
  "Write a length such as '500ms', { uniform: ['200ms', '800ms'] } or { normal: { mean: '500ms', deviation: '100ms' " +
  '} }.'

/** Reads a pause: a length, or `uniform` or `normal` for one that is drawn anew each time. */
function readPause(fields: Fields, key: string): Pause | undefined {
  if (!fields.has(key)) return undefined
  const value = fields.get(key)
  if (!isObject(value)) {
    return { kind: 'fixed', length: fields.parsed(key, value, parseDuration) }
  }
  const within = fields.within(key, ADVICE)!
  if (within.checkKeys(['uniform', 'normal']).size > 0) return undefined
  if (within.has('uniform') === within.has('normal')) {
    const found = within.has('uniform') ? 'it is uniform and normal at once' : 'it says neither of them'
    return fields.fault(key, found, ADVICE)
  }
  return within.has('uniform') ? readUniform(within) : readNormal(within)
}

function readUniform(fields: Fields): Pause | undefined {
  const range = fields.get('uniform')
  if (!Array.isArray(range) || range.length !== 2) {
    return fields.fault('uniform', `${show(range)} is not a valid range`, "Write ['200ms', '800ms']: from, to.")
  }
  const [from, to] = range.map(bound => fields.parsed('uniform', bound, parseDuration)) as [number, number]
  if (from > to) fields.fault('uniform', 'it ends before it begins', 'Write the shorter length first.')
  return { kind: 'uniform', from, to }
}

function readNormal(fields: Fields): Pause | undefined {
  const normal = fields.within('normal', "Write { mean: '500ms', deviation: '100ms' }.")
  if (!normal) return undefined
  const meant = normal.checkKeys(['mean', 'deviation'])
  for (const key of ['mean', 'deviation'])
    if (!normal.has(key) && !meant.has(key)) normal.fault('', `it has no ${key}`, `Add ${key}.`)
  return { kind: 'normal', mean: normal.length('mean', 0), deviation: normal.length('deviation', 0) }
}
