import { expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadReport, Verdict } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { randomOf } from '../simulate/random.ts'
import { bimodalServer, fixedServer, type MakeServer, pausingServer } from '../simulate/servers.ts'
import { HARMS } from './cases.ts'
import { type Harm, runIn } from './world.ts'

/* Applications that fail or pause in virtual time, on machines that are quiet and on some that are not. */

const RUNS = 24
const MACHINES = ['none', 'late timers', 'stolen CPU', 'none'] as const
const DURATION = 4_000
const WARM_UP = 500
const HALF = WARM_UP + DURATION / 2

interface Misbehaviour {
  server?: MakeServer
  load: { rate: number } | { vus: number }
  harm?: Partial<Harm>
  /** Bounds that are far from what is true, with the verdict on each. */
  fail: Budgets[]
  pass: Budgets[]
}

const MISBEHAVIOURS: Record<string, Misbehaviour> = {
  'resets in flight': {
    load: { rate: 200 },
    harm: { isReset: (_, random) => random() < 0.03 },
    fail: [{ errorRate: 0 }, { errorRate: '0.5%' }, { steps: { step1: { errorRate: '0.5%' } } }, { p50: '2ms' }],
    pass: [{ errorRate: '15%' }, { steps: { step1: { errorRate: '15%' } } }, { p50: '100ms' }],
  },
  'a restart': {
    load: { rate: 200 },
    harm: { isReset: at => at > HALF && at < HALF + 600 },
    fail: [{ errorRate: '2%' }, { requests: { errorRate: '2%' } }],
    pass: [{ errorRate: '50%' }, { p50: '100ms' }],
  },
  'one request in fifty is slower': {
    server: bimodalServer(200, 8, 58, 0.02),
    load: { rate: 500 },
    fail: [{ p99: '25ms' }, { max: '25ms' }, { steps: { step1: { p99: '25ms' } } }],
    pass: [{ p99: '200ms' }, { p50: '25ms' }, { p95: '25ms' }],
  },
  'pauses in an open model': {
    server: pausingServer(200, 3, 2_000, 300),
    load: { rate: 200 },
    fail: [{ p99: '50ms' }, { p95: '50ms' }, { max: '100ms' }],
    pass: [{ p50: '50ms' }, { p99: '1s' }],
  },
  'a queue that grows': {
    server: fixedServer(1, 20),
    load: { rate: 100 },
    fail: [{ p50: '200ms' }, { p95: '200ms' }, { steps: { step1: { p95: '200ms' } } }],
    pass: [{ errorRate: 0 }, { max: '60s' }],
  },
  'a queue that grows while all users wait in it': {
    server: fixedServer(1, 20),
    load: { rate: 100 },
    harm: { maxVus: 20 },
    fail: [{ steps: { step1: { p95: '100ms' } } }, { p50: '100ms' }, { dropped: 0 }],
    pass: [{ dropped: '90%' }],
  },
}

/** On what machine a run is, by its number. */
function machineOf(seed: number): Harm {
  return HARMS[MACHINES[seed % MACHINES.length]!]!(DURATION + WARM_UP, randomOf(seed))
}

function run({ server = fixedServer(200, 8), load, harm }: Misbehaviour, seed: number): Promise<LoadReport> {
  const shape = { ...load, duration: DURATION, warmUp: WARM_UP, seed, threads: 1 }
  return runIn(shape as unknown as LoadShape, 1, server, { ...machineOf(seed), ...harm }, seed, 0.1)
}

function verdictOn(report: LoadReport, budgets: Budgets): Verdict {
  const read = readBudgets(budgets, { steps: ['step1'], target: false })
  expect(read.problems).toEqual([])
  return judge(report, read.budgets)[0]!
}

test.each(Object.entries(MISBEHAVIOURS))(
  '%s: no verdict is wrong, and few are needlessly inconclusive',
  async (_, one) => {
    const told: string[] = []
    let [all, wrong, inconclusive] = [0, 0, 0]
    for (let seed = 1; seed <= RUNS; seed++) {
      const report = await run(one, seed)
      for (const right of ['fail', 'pass'] as const)
        for (const budgets of one[right]) {
          const { verdict, because } = verdictOn(report, budgets)
          all++
          if (verdict === right) continue
          if (verdict === 'inconclusive') inconclusive++
          else wrong++
          told.push(
            `${MACHINES[seed % MACHINES.length]}, ${JSON.stringify(budgets)}: ${verdict}, not ${right}: ${because}`,
          )
        }
    }
    expect(wrong / all, told.join('\n')).toBeLessThanOrEqual(0.005)
    expect(inconclusive / all, told.join('\n')).toBeLessThanOrEqual(0.05)
  },
)

test('few samples: a share that none of them missed has its limit next to it, and no percentile is decided', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const report = await run({ load: { rate: 5 }, fail: [], pass: [] }, seed)
    expect(report.measuredArrivals.due).toBe(20)
    const { verdict, aside } = verdictOn(report, { errorRate: '0.1%' })
    expect(verdict).toBe('pass')
    expect(aside).toMatch(/another run of 20 may have up to 1\d(?:\.\d+)? %/)
    expect(verdictOn(report, { p99: '100ms' }).verdict).toBe('inconclusive')
    expect(verdictOn(report, { p50: '100ms' }).verdict).toBe('pass')
  }
})
