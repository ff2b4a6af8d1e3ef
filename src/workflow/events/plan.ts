import type { Criterion, Step } from '../../document/model.ts'
import { compileAnyItem } from '../../expression/index.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { CriterionPlan } from '../plan.ts'

/** How long a stream is read where neither it nor its step says so. */
const WITHIN: Milliseconds = 60_000

/** How a step reads an event stream, compiled. */
export interface EventsPlan {
  /** Read until all of them are met; none: until `most` events have come. */
  readonly until: readonly CriterionPlan[]
  /** Whether an event meets `until` whatever came before it; undefined where that has to be looked at as well. */
  readonly isMetBy: ((event: unknown) => boolean) | undefined
  readonly most: number
  /** Time from the request until there is enough. */
  readonly within: Milliseconds
}

export function compileEvents(step: Step, compile: (criterion: Criterion) => CriterionPlan): EventsPlan | undefined {
  if (step.events === undefined) return undefined
  const { until, most } = step.events
  const [first, ...others] = until
  const isMetBy = first && others.length === 0 ? compileAnyItem(first.test) : undefined
  return { until: until.map(compile), isMetBy, most, within: timeOfStream(step) }
}

/** How long a step reads its event stream; 0 where it has none. */
export function timeOfStream({ events, timeout }: Pick<Step, 'events' | 'timeout'>): Milliseconds {
  if (events === undefined) return 0
  return Math.min(events.within ?? timeout ?? WITHIN, timeout ?? Number.POSITIVE_INFINITY)
}
