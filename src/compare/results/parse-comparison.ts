import { comparedOf, METRICS } from '../../budget/metrics/index.ts'
import { failure } from '../../ground/fault.ts'
import { faultsOf } from '../../ground/issues.ts'
import { tried } from '../../ground/tried.ts'
import * as z from '../../ground/zod.ts'
import { COMPARISON_VERSION, type StoredComparison } from '../stored.ts'

type Key = keyof typeof METRICS

/*
 * The shape of comparison.json, as far as it is shown. Objects are open: a later version of the package may add fields.
 */

// JSON has no infinite numbers: an end that is not known is null.
const low = z.union([z.number(), z.literal(null)]).transform(end => end ?? Number.NEGATIVE_INFINITY)
const high = z.union([z.number(), z.literal(null)]).transform(end => end ?? Number.POSITIVE_INFINITY)
const sides = z.looseObject({ base: z.number(), head: z.number() })
const allowed = z.union([z.looseObject({ factor: z.number() }), z.looseObject({ amount: z.number() })])
const COMPARED = (Object.keys(METRICS) as Key[]).filter(metric => comparedOf({ metric })) as [Key, ...Key[]]

const range = z.looseObject({ mean: z.number(), low, high })

const found = z.looseObject({
  budget: z.looseObject({
    key: z.string(),
    path: z.array(z.string()),
    metric: z.enum(COMPARED),
    operator: z.enum(['<', '<=', '>', '>=']),
    step: z.string().optional(),
    quantile: z.number().optional(),
    per: z.literal('1000 requests').optional(),
    allowed,
  }),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  change: range.optional(),
  typical: range.optional(),
  open: z.looseObject({ low, high }).optional(),
  figures: sides.optional(),
  pairs: z.number(),
  noise: z.number().optional(),
  needed: z.number().optional(),
  why: z.array(z.string()),
  remarks: z.array(z.string()).optional(),
})
const counts = z.record(z.string(), z.number())
const step = z.looseObject({
  step: z.string(),
  route: z.string().optional(),
  statuses: z.looseObject({ base: counts, head: counts }),
  bytes: sides.optional(),
})
const difference = z.looseObject({ what: z.string(), base: z.string(), head: z.string() })
const newStep = z.looseObject({
  step: z.string(),
  route: z.string().optional(),
  status: z.number().optional(),
  needs: z.string().optional(),
})
const text = z.string().optional()
const isChanged = z.boolean().optional()
const revision = z.looseObject({ commit: text, subject: text, branch: text, from: z.string(), isChanged })

const stored = z.looseObject({
  version: z.literal(COMPARISON_VERSION),
  name: z.string(),
  file: z.string(),
  at: z.iso.datetime(),
  comparison: z.looseObject({
    base: revision,
    head: revision,
    notes: z.array(z.string()),
    seed: z.number(),
    pairs: z.number(),
    longPairs: z.number().optional(),
    pairTook: z.number(),
    took: z.number(),
    requests: sides,
    measuredAt: z.looseObject({ from: z.number(), to: z.number() }).optional(),
    budgets: z.array(found),
    steps: z.array(step).optional(),
    differences: z.array(difference).optional(),
    newSteps: z.array(newStep).optional(),
    beside: z.array(found),
    cause: z.string().optional(),
  }),
})

/** Whether a value is meant to be a comparison: nothing else that this package writes has one. */
export function isComparison(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'comparison' in value
}

const AS_WRITTEN = 'Give a comparison.json as it was written.'

/** The value of a comparison.json. Throws with everything that is wrong with it. */
export function comparisonOf(value: unknown, file: string): StoredComparison {
  const { version } = value as { version?: unknown }
  if (typeof version === 'number' && version > COMPARISON_VERSION) {
    const found = `it is of version ${version}, and this package knows version ${COMPARISON_VERSION}`
    throw failure('read', file, found, 'Use a newer vitest-arazzo.')
  }
  if (tried(() => JSON.stringify(value)) === undefined)
    throw failure('read', file, 'it is nested too deeply', AS_WRITTEN)
  const parsed = stored.safeParse(value)
  if (parsed.success) return parsed.data as unknown as StoredComparison
  throw failure('read', file, `it is not a comparison: ${faultsOf(parsed.error.issues).join('; ')}`, AS_WRITTEN)
}
