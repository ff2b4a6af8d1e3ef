import { WORK } from '../budget/metrics/resources.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import type { ComparedBudget } from './comparison.ts'
import { FEWEST_PAIRS } from './decision.ts'
import { figureOf } from './degradation.ts'
import type { ComparisonJudge } from './judge.ts'
import { type Pair, SIDES } from './pair.ts'
import { leastOf, mostOf, reachOf, type Sample, sampleOf } from './statistics/sample.ts'
import { ALWAYS_TOLD, unbounded } from './unbounded.ts'

/** Figures without a budget that may explain a change: CPU, memory, errors, and each step. */
export function otherChanges(judge: ComparisonJudge, budgets: readonly RelativeBudget[]): ComparedBudget[] {
  const own = new Set(budgets.map(({ path }) => path.join('.')))
  const found = (all: readonly RelativeBudget[]) =>
    all
      .filter(({ path }) => !own.has(path.join('.')))
      .map(budget => judge.beside(budget))
      .filter(({ pairs }) => pairs > 0)
  const ofAll = ALWAYS_TOLD.map(metric => unbounded(metric))
  const steps = Object.keys(judge.pairs[0]?.head.steps ?? {})
  return [...found(ofAll), ...(steps.length > 1 ? found(ofSteps(steps, judge)).sort(byChange) : [])]
}

/**
 * Steps by their CPU time, if it is known; else by their median. Users of a closed model wait for each other, so that a
 * step that costs more makes the others slower as well.
 */
function ofSteps(steps: readonly string[], judge: ComparisonJudge): RelativeBudget[] {
  const arePriced = judge.pairs.every(pair => SIDES.every(side => steps.every(step => pair[side].prices?.[step])))
  if (!arePriced) return steps.map(step => unbounded('percentile', { step, quantile: 0.5 }))
  return isSound(steps, judge) ? steps.map(step => unbounded(WORK, { step })) : []
}

const LEVEL = 0.025
/** How far the price of a step may be off for it to count, as a logarithm; on a busy machine it is off by more. */
const EXACT = 0.25
/** Factors by which steps may change more, or less, than all requests: one user alone finds another cost. */
const MORE = 1.25
const LESS = 0.5

/**
 * Whether the CPU time of steps, of which one user alone is the measure, agrees with that of all requests under load:
 * neither a step nor all of them together may change by more than the whole does.
 */
function isSound(steps: readonly string[], judge: ComparisonJudge): boolean {
  const { pairs } = judge
  const whole = unbounded(WORK)
  const total = judge.findings().find(({ budget }) => budget.key === whole.key)
  const { why } = total ?? judge.beside(whole)
  if (pairs.length < FEWEST_PAIRS || total?.verdict === 'inconclusive' || why.length > 0) return false
  const logs = steps.map(step => pairs.map(({ base, head }) => Math.log(head.prices![step]! / base.prices![step]!)))
  if (logs.some(each => !(reachOf(sampleOf(each), LEVEL) <= EXACT))) return false
  const changes = pairs.map(pair => changesIn(pair, steps, whole))
  const all = sampleOf(changes.map(({ all }) => all))
  const sum = sampleOf(changes.map(({ parts }) => parts.reduce((total, part) => total + part, 0)))
  const parts = steps.map((_, step) => sampleOf(changes.map(({ parts }) => parts[step]!)))
  const isWithin = (one: Sample) => !isBeyond(one, all) && !isBeyond(mirrored(one), mirrored(all))
  return [sum, ...parts].every(isWithin) && !isUnseen(sum, all) && !isUnseen(mirrored(sum), mirrored(all))
}

const mirrored = (sample: Sample): Sample => ({ ...sample, mean: -sample.mean })

const isBeyond = (part: Sample, all: Sample) => leastOf(part, LEVEL) > MORE * Math.max(0, mostOf(all, LEVEL))

function isUnseen(sum: Sample, all: Sample): boolean {
  const least = leastOf(all, LEVEL)
  return least > 0 && mostOf(sum, LEVEL) < LESS * least
}

/** Change of CPU time a request from base to head: of all, and the part of each step in it. */
function changesIn({ base, head }: Pair, steps: readonly string[], whole: RelativeBudget) {
  const asked = steps.map(step => base.steps[step]!.requests)
  const requests = asked.reduce((sum, count) => sum + count, 0)
  const [from, to] = [figureOf(whole, base)!, figureOf(whole, head)!]
  const alone = steps.reduce((sum, step, i) => sum + (base.prices![step]! * asked[i]!) / requests, 0)
  // One user alone costs more a request where requests under load share work, and less where they wait.
  const scale = Math.min(1, from / alone)
  const parts = steps.map((step, i) => (scale * (head.prices![step]! - base.prices![step]!) * asked[i]!) / requests)
  return { all: to - from, parts }
}

/** The step that has grown most comes first. */
const byChange = (a: ComparedBudget, b: ComparedBudget) => (b.change?.mean ?? 0) - (a.change?.mean ?? 0)
