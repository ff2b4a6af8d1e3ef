import type { Milliseconds, PerSecond } from '../ground/units.ts'

/** Milliseconds, or text with a unit: `'30s'`, `'250ms'`, `'1m30s'`. */
type Duration = string | Milliseconds

/**
 * How much load, and for how long, as users write it. `duration` is the measured plateau: warm-up and ramps come on top
 * of it and stay out of every budget.
 */
export type LoadShape =
  | RpsLoad
  | RateLoad
  | VusLoad
  | IterationsLoad
  | StagesLoad
  | StagesOfVusLoad
  | AdaptiveLoad
  | CapacityLoad

/** Keys of which a load has one; but `iterations` goes with `vus`. */
type Subject = 'rps' | 'rate' | 'vus' | 'iterations' | 'stages' | 'adaptive' | 'capacity'

/** Leaves the other keys undefined, so that compilers and editors know which load is meant and suggest its keys. */
type Only<Own extends Subject> = { [Key in Exclude<Subject, Own>]?: undefined }

interface RpsLoad extends CommonShape, RequestRate, SteadyShape, OpenShape, Only<'rps'> {}
interface RateLoad extends CommonShape, IterationRate, SteadyShape, OpenShape, Only<'rate'> {}
interface VusLoad extends CommonShape, Users, SteadyShape, ClosedShape, Only<'vus'> {}
interface IterationsLoad extends CommonShape, Users, CountedShape, ClosedShape, Only<'vus' | 'iterations'> {}
interface StagesLoad extends CommonShape, Staged<Stage<'rps'>[] | Stage<'rate'>[]>, OpenShape, Only<'stages'> {}
interface StagesOfVusLoad extends CommonShape, Staged<Stage<'vus'>[]>, ClosedShape, Only<'stages'> {}

interface RequestRate {
  /**
   * Open model: so many HTTP requests a second, although an iteration makes several.
   * @example 500
   */
  rps: PerSecond
}

interface IterationRate {
  /**
   * Open model: so many iterations a second; an iteration is one run of the workflow.
   * @example 20
   */
  rate: PerSecond
}

interface Users {
  /**
   * Closed model: so many virtual users, each starting again when its response has come.
   * @example 10
   */
  vus: number
}

interface Staged<Stages> {
  /**
   * A load that changes: a list of `{ rate, duration, hold }`, all of `rps`, of `rate` or of `vus`.
   * @example [{ rps: 100, duration: '10s', hold: '30s' }, { rps: 500, hold: '10s' }]
   */
  stages: Stages
}

/** A load of so many iterations. */
interface CountedShape {
  /**
   * How many iterations every virtual user runs, instead of a duration.
   * @example 100
   */
  iterations: number
  /**
   * The longest that these may take. Default 10 minutes; of a search for the capacity 5.
   * @example '10m'
   */
  maxDuration?: Duration
}

interface AdaptiveLoad extends CommonShape, Only<'adaptive'> {
  /**
   * Closed model: as many virtual users as the latency allows.
   * @example { maxVus: 100, latency: '50ms' }
   */
  adaptive: AdaptiveShape
  /**
   * Measured time, in which the number of users follows the latency.
   * @example '30s'
   */
  duration: Duration
}

interface CapacityLoad extends CommonShape, OpenShape, Only<'capacity'> {
  /**
   * Open model: searches the highest rate that holds, and then measures for `duration` (by default as long as `hold`)
   * at that rate.
   * @example { latency: 'p99 < 100ms', errorRate: '1%' }
   */
  capacity: CapacityShape
  /**
   * How long the rate that was found is measured.
   * @default as long as `hold`
   * @example '30s'
   */
  duration?: Duration
  /**
   * The longest that the search may take. Default 5 minutes.
   * @example '5m'
   */
  maxDuration?: Duration
}

/**
 * Condition for a rate, and range of the search. Rates are requests per second: numbers, or text such as `'5000 rps'`.
 */
export interface CapacityShape {
  /**
   * Condition for the response time of iterations: `'p99 < 100ms'`, `'mean <= 20ms'`, any percentile, `max`.
   * @example 'p99 < 100ms'
   */
  latency: string
  /**
   * Failed iterations, as a share of finished ones, at most. Default 1 %.
   * @example '1%'
   */
  errorRate?: string | number
  /**
   * The first rate; while rates hold they are doubled. Default 50 a second, or a 16th of `to` if that is more.
   * @example '100 rps'
   */
  from?: string | PerSecond
  /**
   * No higher rate is tried. Default: as high as it goes.
   * @example '5000 rps'
   */
  to?: string | PerSecond
  /**
   * How long a rate has to hold. Default 25 times the latency, at least 5 s.
   * @example '10s'
   */
  hold?: Duration
}

/** How the number of virtual users follows the latency of their iterations. */
interface AdaptiveShape {
  /**
   * Maximum virtual users at once.
   * @example 100
   */
  maxVus: number
  /**
   * Threshold for the mean of the iterations that ended in a window: more than 10 % above it lowers the number of users
   * by a tenth, more than 10 % below raises it by a tenth. Of few users it is a whole one, where that cannot be too
   * much. A window has five times the latency, at least 1 s, or 250 ms while the mean is far from it.
   * @example '50ms'
   */
  latency: Duration
  /**
   * Virtual users at the start. Default a tenth of `maxVus`.
   * @example 10
   */
  from?: number
}

/** A load that is held for a duration. */
interface SteadyShape {
  /**
   * Measured time: the plateau, without warm-up and ramps.
   * @example '30s'
   */
  duration: Duration
  /**
   * Straight line from nothing, before the plateau. Default none.
   * @example '5s'
   */
  rampUp?: Duration
  /**
   * Straight line to nothing, after it. Default none.
   * @example '5s'
   */
  rampDown?: Duration
}

/**
 * A part of `stages`: from the amount of the stage before it (nothing before the first) to its own in a straight line
 * over `duration`, which is then held for `hold`. Without `duration` it jumps; at least one of them is needed.
 */
type Stage<Amount extends keyof Amounts = keyof Amounts> = Pick<Amounts, Amount> & {
  /**
   * How long the way to its amount takes.
   * @default none: it jumps
   * @example '10s'
   */
  duration?: Duration
  /**
   * How long the amount is held.
   * @default none: it goes on at once
   * @example '30s'
   */
  hold?: Duration
  /**
   * Whether budgets are about it. Default true, but for a first stage that climbs from nothing and a last one that
   * falls to nothing. Only stages at the beginning and at the end can be left out.
   */
  measure?: boolean
}

/** Values that a stage ends with. */
interface Amounts {
  /**
   * HTTP requests a second.
   * @example 500
   */
  rps: number
  /**
   * Iterations a second.
   * @example 20
   */
  rate: number
  /**
   * Virtual users.
   * @example 10
   */
  vus: number
}

interface OpenShape {
  /**
   * Maximum virtual users at once. Default 1,000.
   * @example 2_000
   */
  maxVus?: number
}

interface ClosedShape {
  /**
   * Time from the beginning of a user's iteration to the beginning of its next one, at least. Default 0.
   * @example '1s'
   */
  pacing?: Pausing
}

/**
 * A length of time: always the same, or drawn anew each time from a range or a normal distribution (below zero is
 * zero).
 */
type Pausing =
  | Duration
  | {
      /**
       * Anything from the one length to the other, all as likely.
       *
       * @example ['100ms', '2s']
       */
      uniform: readonly [from: Duration, to: Duration]
    }
  | {
      /**
       * Normally distributed.
       *
       * @example { mean: '1s', deviation: '200ms' }
       */
      normal: NormalPause
    }

interface NormalPause {
  /**
   * The mean length.
   *
   * @example '1s'
   */
  mean: Duration
  /**
   * The standard deviation.
   *
   * @example '200ms'
   */
  deviation: Duration
}

interface CommonShape {
  /**
   * Run before the measured window at the rate this begins with: a length, or `'auto'` to go on until latency and rate
   * are steady, at least 2 s and at most 30 s. Default: a tenth of the
   * duration, from 1 s to 5 s; none for `iterations`. An application that refuses connections has as long to start, 30
   * s at most, before the run is given up.
   * @example '5s'
   */
  warmUp?: Duration | 'auto'
  /**
   * Worker threads. Default: one less than the usable cores, at least 1.
   * @example 2
   */
  threads?: number
  /**
   * Pause between the requests of an iteration, as a user reads and types. Not part of any latency. Default none.
   * @example { uniform: ['100ms', '2s'] }
   */
  thinkTime?: Pausing
  /**
   * Seed of random pauses and inputs: the same seed gives the same load. Default 1.
   * @example 42
   */
  seed?: number
}
