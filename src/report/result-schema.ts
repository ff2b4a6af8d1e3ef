import { METRICS } from '../budget/metric.ts'
import * as z from '../ground/zod.ts'

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them. What is there has the types of LoadReport (src/measure/report.ts), which tells the units.
 */

const count = z.number().int().min(0)
const amount = z.number().min(0)

const latency = z
  .looseObject({
    count,
    ...{ min: amount, mean: amount, max: amount, stddev: amount },
    ...{ p50: amount, p90: amount, p95: amount, p99: amount, p999: amount },
    histogram: z.string().describe('HdrHistogram V2, compressed, base64; microseconds.'),
    undelayed: z
      .string()
      .optional()
      .describe('The same without what the load generator itself may have added to each value.'),
  })
  .describe('Milliseconds.')

const arrivals = z
  .looseObject({ due: count, dropped: count, started: count, passed: count, failed: count, aborted: count })
  .describe('due = started + dropped, started = passed + failed + aborted.')

const growth = z.looseObject({
  value: z.number(),
  ...{ lower: z.number().optional(), upper: z.number().optional() },
})

const usage = z.looseObject({
  memoryPeak: amount.describe('Bytes.'),
  memoryMean: amount.describe('Bytes.'),
  memoryStart: amount.describe('Bytes.'),
  memoryEnd: amount.describe('Bytes.'),
  memoryGrowth: z
    .looseObject({ perMinute: growth, per1000Requests: growth.optional() })
    .optional()
    .describe('Bytes, with one-sided 95 % confidence limits.'),
  cpu: amount.describe('Share of one core.'),
  cpuPerRequest: amount.optional().describe('Milliseconds.'),
  node: z
    .looseObject({
      eventLoopDelay: z.looseObject({ p50: amount, p99: amount, max: amount }).describe('Milliseconds.'),
      eventLoopUtilization: amount.describe('Share.'),
      heapPeak: amount.describe('Bytes.'),
      gc: z.looseObject({ count, total: amount, longest: amount }).describe('Milliseconds.'),
    })
    .optional()
    .describe('What Node processes with the probe tell.'),
  series: z
    .record(
      z.string(),
      z.looseObject({ min: z.number(), mean: z.number(), max: z.number(), last: z.number() }),
    )
    .optional(),
  missing: z.record(z.string(), z.string()).optional().describe('What was never read, and why.'),
  lost: z.string().optional().describe('Why the readings ended early.'),
  cores: amount,
  samples: count,
  of: z.string(),
})

const targetInterval = z.looseObject({
  memory: amount.describe('Bytes.'),
  cpu: amount.describe('Share of one core.'),
  heap: amount.optional().describe('Bytes.'),
  series: z.record(z.string(), z.number()).optional(),
})

const interval = z.looseObject({
  start: amount.describe('Milliseconds from the start of the run.'),
  length: amount.describe('Milliseconds.'),
  phase: z.enum(['warm-up', 'ramp-up', 'search', 'measured', 'ramp-down']),
  ...{
    due: count,
    started: count,
    dropped: count,
    passed: count,
    failed: count,
    requests: count,
    errors: count,
  },
  ...{ inFlight: z.number(), p50: amount, p95: amount, p99: amount, mean: amount },
  lateness: amount.optional().describe('99 % of its iterations began at most so late. Milliseconds.'),
  target: targetInterval.optional(),
  targets: z.record(z.string(), targetInterval).optional(),
})

const when = {
  at: amount.describe('Milliseconds from the start of the run.'),
  latency: amount.describe('Milliseconds.'),
  thread: count.describe('From 1.'),
}

const place = z.looseObject({ file: z.string(), line: count, column: count })
const headers = z.record(z.string(), z.string())

const exemplar = z
  .looseObject({
    ...{ method: z.string(), url: z.string(), headers, body: z.string().optional(), ...when },
    response: z.looseObject({ status: count.optional(), headers, body: z.string().optional() }).optional(),
    failure: z.string().optional(),
  })
  .describe('A request and its answer; secrets masked, long bodies shortened.')

const limitedBy = z.enum(['latency', 'errorRate', 'generator', 'machine'])

const capacity = z
  .looseObject({
    latency: z.string(),
    errorRate: amount,
    within: amount,
    to: amount,
    hold: amount.optional(),
    held: amount.describe('The highest rate that held; 0 when none did.'),
    missed: amount.optional().describe('The lowest rate that did not.'),
    certain: z
      .looseObject({ from: amount, to: amount.optional() })
      .optional()
      .describe('Rates up to `from` hold and rates from `to` on do not, by what most tries agree on.'),
    limitedBy: limitedBy.optional(),
    because: z.string().optional(),
    probes: z.array(
      z.looseObject({
        ...{ at: amount, length: amount, rate: amount, achieved: amount, iterations: count },
        ...{ latency: amount, errorRate: amount },
        ...{ held: z.boolean(), isShort: z.boolean(), ranAway: z.boolean() },
        ...{ limitedBy: limitedBy.optional(), because: z.string(), isMeasured: z.boolean().optional() },
        disturbedBy: z.string().optional(),
      }),
    ),
  })
  .describe('Of a search for the highest rate that holds. Requests a second, milliseconds.')

const ends = { lower: z.number().optional(), upper: z.number().optional() }

const judged = z
  .looseObject({
    ...{ value: z.number(), bound: z.number(), ...ends },
    doubts: z.array(z.looseObject({ kind: z.string(), ...ends })),
  })
  .describe(
    'Between which the value would lie without the doubts, and without each of them; an end that is absent is not known.',
  )

const end = z.looseObject({
  budget: z.string(),
  at: amount.describe('Milliseconds from the beginning of the measured window.'),
  value: z.number().optional(),
})

const window = z.looseObject({
  ...{ start: amount, length: amount, count },
  value: z.number().optional(),
  standing: z.enum(['kept', 'missed', 'open']),
})

const thread = z
  .looseObject({
    eventLoopUtilization: amount.describe('Share.'),
    delay: z.looseObject({ p99: amount, longest: amount }).describe('Milliseconds.'),
  })
  .describe('A load thread.')

const report = z.looseObject({
  state: z.enum(['completed', 'cut short', 'not run']),
  cause: z.string().optional(),
  endedBy: end.optional().describe('The budget for which the run was ended.'),
  alsoEndedBy: z.array(end).optional(),
  workflow: z.looseObject({ file: z.string(), workflowId: z.string() }),
  shape: z.looseObject({}).describe('The load, as it was written.'),
  model: z.enum(['open', 'closed']),
  transport: z.looseObject({
    name: z.string(),
    why: z.string(),
    connectionsOpened: count,
    connectionsLost: count,
  }),
  startedAt: z.iso.datetime(),
  measured: amount.describe('Milliseconds.'),
  warmUp: amount.describe('Milliseconds.'),
  warmUpCut: z
    .looseObject({
      ...{ at: amount.describe('Milliseconds from the start of the run.'), steady: z.boolean() },
      because: z.string(),
      drift: z
        .looseObject({
          over: amount.describe('Milliseconds: the last half of the warm-up.'),
          latency: z.looseObject({ from: amount, to: amount }).describe('Milliseconds.'),
          rate: z.looseObject({ from: amount, to: amount }).describe('Iterations a second.'),
          change: amount,
        })
        .optional(),
    })
    .optional(),
  threads: count,
  maxVus: count,
  arrivals,
  measuredArrivals: arrivals,
  requests: count,
  rps: amount,
  iterationRate: amount,
  errorRate: amount,
  responseTime: latency,
  serviceTime: latency,
  steps: z.record(z.string(), z.looseObject({ requests: count, errors: count, serviceTime: latency })),
  errors: z.array(
    z.looseObject({
      ...{ step: z.string(), kind: z.string(), message: z.string(), count },
      at: place.optional(),
      exemplars: z.array(exemplar),
    }),
  ),
  answers: z
    .array(
      z.looseObject({
        ...{ step: z.string(), method: z.string(), status: z.string(), requests: count },
        durations: amount.describe('Sum in milliseconds.'),
        buckets: z.array(count).describe('Not cumulative; bounds of 0.5, 1, 2.5, 5, 10, … 10,000 ms.'),
        errors: z.record(z.string(), count),
      }),
    )
    .describe('Over the whole run, warm-up and ramps included.'),
  slowest: z
    .array(
      z.looseObject({
        ...{ step: z.string(), request: z.string(), ...when },
        ...{ status: count.optional(), failure: z.string().optional() },
      }),
    )
    .optional(),
  bodiesReadInPart: count
    .describe('JSON bodies whose rest, behind the last value that is read, was passed over. Absent: none.')
    .optional(),
  target: usage.optional(),
  targets: z.record(z.string(), usage).optional(),
  generator: usage.extend({ lateness: latency, eventLoopUtilization: amount, threads: z.array(thread) }),
  series: z.array(interval),
  limitChanges: z
    .array(z.looseObject({ at: amount, from: amount, to: amount, signal: amount, because: z.string() }))
    .optional(),
  windows: z.record(z.string(), z.array(window)).optional().describe('By budget.'),
  capacity: capacity.optional(),
  doubts: z.array(z.looseObject({ kind: z.string(), text: z.string() })),
  verdicts: z.array(
    z.looseObject({
      ...{ budget: z.string(), title: z.string(), value: z.string(), because: z.string() },
      verdict: z.enum(['pass', 'fail', 'inconclusive']),
      note: z.string().optional().describe('Doubts that touch the value and do not change the verdict.'),
      judged: judged.optional(),
    }),
  ),
  warnings: z.array(z.string()).optional(),
})

const budget = z.looseObject({
  ...{ key: z.string(), title: z.string(), bound: z.number() },
  path: z.array(z.string()).optional().describe('Keys below `budgets` that lead to it.'),
  metric: z.enum(METRICS),
  of: z.enum(['iterations', 'step', 'target', 'generator']),
  operator: z.enum(['<', '<=', '>', '>=']),
  quantile: z.number().gt(0).lt(1).optional().describe('Of a percentile: 0.99.'),
})

const result = z
  .looseObject({
    version: z.literal(1),
    name: z.string().describe('Of the load test.'),
    file: z.string().describe('The test file or document that it stands in.'),
    test: z
      .string()
      .optional()
      .describe('Which load test of its file: with the suites around it, ` > ` between. Absent: as `name`.'),
    project: z.string().optional().describe('Of Vitest; absent where it has no name.'),
    budgets: z.array(budget),
    report,
  })
  .describe('What a load test of vitest-arazzo measured.')

/** What is wrong with a value that should be a result: `report.rps is missing`. Empty when it is one. */
export function resultFaults(value: unknown): string[] {
  const parsed = result.safeParse(value)
  if (parsed.success) return []
  return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
}

/** As JSON Schema, draft 2020-12: `schemas/result.v1.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(result, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json', title: 'LoadResult' }
}
