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
  /** Time from the request until the response has begun; `Infinity`: no limit but `within`. */
  readonly beginsWithin: Milliseconds
}

export function compileEvents(
  step: Step,
  compile: (criterion: Criterion) => CriterionPlan,
  requestTimeout: Milliseconds,
): EventsPlan | undefined {
  if (step.events === undefined) return undefined
  const { until, most } = step.events
  // Many servers send the header of a stream with its first event: a step that says how long it waits means that, too.
  const isTimed = step.events.within !== undefined || step.timeout !== undefined
  const [first, ...others] = until
  const isMetBy = first && others.length === 0 ? compileAnyItem(first.test) : undefined
  const beginsWithin = isTimed || requestTimeout === 0 ? Number.POSITIVE_INFINITY : requestTimeout
  return { until: until.map(compile), isMetBy, most, within: timeOfStream(step), beginsWithin }
}

/** How long a step reads its event stream; 0 where it has none. */
export function timeOfStream({ events, timeout }: Pick<Step, 'events' | 'timeout'>): Milliseconds {
  if (events === undefined) return 0
  return Math.min(events.within ?? timeout ?? WITHIN, timeout ?? Number.POSITIVE_INFINITY)
}
