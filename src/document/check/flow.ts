import type { LoadedStep, LoadedWorkflow } from '../loaded/loaded.ts'
import { list, type Raw, text, texts } from '../raw.ts'
import { actionsOf } from './actions.ts'
import { circlesOf } from './circles.ts'
import { isSorted } from './parallel.ts'

/** Orders in which the steps of a workflow may run. */
export interface Flow {
  /** Whether a run exists in which `earlier` has run when `later` begins; for the same step, a second time. */
  canPrecede(earlier: LoadedStep, later: LoadedStep): boolean
  /** Steps that no run comes to. None when `dependsOn` decides the order. */
  readonly unreachable: readonly LoadedStep[]
}

const flows = new WeakMap<LoadedWorkflow, Flow>()

export function flowOf(workflow: LoadedWorkflow): Flow {
  const flow = flows.get(workflow) ?? makeFlow(workflow)
  flows.set(workflow, flow)
  return flow
}

function makeFlow(workflow: LoadedWorkflow): Flow {
  const steps = workflow.allSteps
  // With `dependsOn`, or at the same time, steps run in an order that satisfies it and the outputs that are read: a
  // step may run before another unless it waits for it.
  if (isSorted(workflow)) {
    const prerequisites = (step: LoadedStep) =>
      texts(step.raw, 'dependsOn').flatMap(stepId => workflow.steps.get(stepId) ?? [])
    const circles = circlesOf(steps, prerequisites)
    const waits = reaches(prerequisites)
    // What comes first in an order of the whole waits for nothing behind it: nearly always, that decides.
    const comesFirst = (one: LoadedStep, other: LoadedStep) => circles.placeOf(one) < circles.placeOf(other)
    return {
      canPrecede: (earlier, later) => earlier !== later && (comesFirst(earlier, later) || !waits(earlier, later)),
      unreachable: [],
    }
  }
  const edges = edgesOf(steps, workflow)
  const runsInto = reaches((step: LoadedStep) => [...(edges.get(step) ?? [])])
  const [first] = steps
  // How many steps before one do not go on to their next: where two have the same, the earlier runs into the later.
  const breaks = [0]
  for (const [index, step] of steps.entries())
    breaks.push(breaks[index]! + (edges.get(step)!.has(steps[index + 1]!) ? 0 : 1))
  const goesOnTo = (from: LoadedStep, to: LoadedStep) =>
    from.index < to.index && breaks[from.index] === breaks[to.index]
  const canPrecede = (from: LoadedStep, to: LoadedStep) => goesOnTo(from, to) || runsInto(from, to)
  return { canPrecede, unreachable: steps.filter(step => step !== first && first && !canPrecede(first, step)) }
}

/** Where a run may go from a step: on, to where actions go, and back from what a retry runs in between. */
function edgesOf(steps: readonly LoadedStep[], workflow: LoadedWorkflow): Map<LoadedStep, Set<LoadedStep>> {
  const edges = new Map(steps.map(step => [step, new Set<LoadedStep>()]))
  for (const step of steps) {
    const onSuccess = actionsOf(step, 'onSuccess', workflow)
    const onFailure = actionsOf(step, 'onFailure', workflow)
    const following = steps[step.index + 1]
    // The first action without criteria always applies.
    if (following && !onSuccess.some(action => leavesAlways(action, workflow))) edges.get(step)!.add(following)
    for (const action of [...onSuccess, ...onFailure]) {
      const target = workflow.steps.get(text(action, 'stepId') ?? '')
      if (target) edges.get(step)!.add(target)
      if (text(action, 'type') !== 'retry') continue
      edges.get(target ?? step)!.add(step)
    }
  }
  return edges
}

/** An action without criteria always applies; one that goes to a step that is not there has been reported. */
function leavesAlways(action: Raw, workflow: LoadedWorkflow): boolean {
  const stepId = text(action, 'stepId')
  return list(action, 'criteria').length === 0 && (stepId === undefined || workflow.steps.has(stepId))
}

/** How many searches are remembered: each may have found all nodes. */
const REMEMBERED = 200

/** Whether one node leads to another by at least one edge. */
function reaches<T>(next: (node: T) => readonly T[]): (from: T, to: T) => boolean {
  const known = new Map<T, Set<T>>()
  const from = (start: T): Set<T> => {
    const seen = new Set<T>()
    const pending = [...next(start)]
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      for (const following of next(node)) pending.push(following)
    }
    return seen
  }
  return (start, to) => {
    const seen = known.get(start) ?? from(start)
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value!)
    known.set(start, seen)
    return seen.has(to)
  }
}
