import type { Budgets, LoadShape } from 'vitest-arazzo/engine'
import { randomOf } from '../simulate/random.ts'

type Fault = 'status' | 'wrong' | 'hang' | 'reset' | 'cut'

/** Behaviour of an application. Times are milliseconds. */
export interface Behaviour {
  seed: number
  latency:
    | { kind: 'constant' | 'exponential'; ms: number }
    | { kind: 'two'; ms: number; slow: number; share: number }
    | { kind: 'pauses'; ms: number; every: number; length: number }
  faults: { kind: Fault; share: number }[]
  /** Requests at a time; others wait. */
  workers: number
  /** From then on, no request gets a response. */
  deadAfter?: number
  /** After so many requests, each one gets status 429. */
  limitAfter?: number
}

/** A random application, a load on it, and bounds of which some hold and some do not. */
export interface Plan {
  behaviour: Behaviour
  steps: 1 | 2
  load: LoadShape
  transport: 'wire' | 'undici'
  requestTimeout: number
  budgets: Budgets
}

export const LENGTH = 3_000

export function planOf(seed: number): Plan {
  const random = randomOf(seed * 7919)
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const between = (low: number, high: number) => Math.round(low + (high - low) * random())
  const steps = pick(1, 2)
  const ms = pick(5, 20, 60, between(5, 150))
  const latency = pick<() => Behaviour['latency']>(
    () => ({ kind: 'constant', ms }),
    () => ({ kind: 'exponential', ms }),
    () => ({ kind: 'two', ms, slow: ms * 4 + 50, share: pick(0.01, 0.05, 0.3) }),
    () => ({ kind: 'pauses', ms: Math.min(ms, 40), every: 1_000, length: between(100, 400) }),
  )()
  const share = pick(0.002, 0.01, 0.05, 0.2)
  const faults = Array.from({ length: pick(0, 0, 1, 1, 2) }, () => ({
    kind: pick<Fault>('status', 'wrong', 'hang', 'reset', 'cut'),
    share,
  }))
  const trouble = pick<Partial<Behaviour>>({}, {}, {}, {}, { deadAfter: between(800, 2_500) }, { limitAfter: 200 })
  const rate = pick(20, 60, 150)
  const vus = pick(2, 8, 20)
  const load = pick<LoadShape>(
    { rate, duration: LENGTH, warmUp: 0 },
    { rate, duration: LENGTH, warmUp: 0, maxVus: pick(10, 50) },
    { vus, duration: LENGTH, warmUp: 0 },
  )
  const lost = faults.reduce((sum, fault) => sum + fault.share, 0)
  const nominal = 'rate' in load ? rate * steps : (vus * 1_000) / ms
  return {
    behaviour: { seed, latency, faults, workers: pick(1_000, 1_000, 8), ...trouble },
    steps,
    load: { ...load, threads: pick(1, 1, 2) } as LoadShape,
    transport: pick('wire', 'undici'),
    requestTimeout: 1_500,
    budgets: {
      errorRate: lost === 0 ? pick('0%', '1%') : `${Math.min(99, 100 * lost * pick(0.4, 0.8, 1.5, 3))}%`,
      rps: nominal * pick(0.4, 0.8, 1.1),
      p50: steps * ms * pick(0.6, 0.8, 1.4, 3),
      p99: steps * ms * pick(0.8, 1.5, 4, 10, 40),
    },
  }
}
