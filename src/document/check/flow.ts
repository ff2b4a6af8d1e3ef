import { onceFor } from '../../ground/once.ts'
import { VITEST_FIELD } from '../extension-fields.ts'
import { placeOfKey, placeOfValue } from '../file/source-file.ts'
import { componentOf, type LoadedStep, type LoadedWorkflow } from '../loaded/loaded.ts'
import { has, list, member, object, objects, type Raw, scalar, text, texts } from '../raw.ts'

/** Whether a run exists in which `earlier` has run when `later` begins; for the same step, a second time. */
type CanPrecede = (earlier: LoadedStep, later: LoadedStep) => boolean

/**
 * Orders in which the steps of a workflow may run. `unreachable` are steps that no run comes to; a run comes to every
 * step if `dependsOn` decides the order.
 */
export const flowOf = onceFor((workflow: LoadedWorkflow): { canPrecede: CanPrecede; unreachable: LoadedStep[] } => {
  const steps = workflow.allSteps
  // With `dependsOn`, or at the same time, steps run in an order that satisfies it and the outputs that are read: a
  // step may run before another unless it waits for it.
  if (isSorted(workflow)) {
    const prerequisites = (step: LoadedStep) => dependenciesOf(step, workflow)
    const circles = circlesOf(steps, prerequisites)
    const waits = reaches(prerequisites)
    // A node with a lower place in the total order does not wait for later ones. This decides nearly always.
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
  const canPrecede: CanPrecede = (from, to) => goesOnTo(from, to) || runsInto(from, to)
  return { canPrecede, unreachable: steps.filter(step => step !== first && first && !canPrecede(first, step)) }
})

/** Next steps of a run after a step: the following one, targets of actions, and the return from a retry's reference. */
function edgesOf(steps: readonly LoadedStep[], workflow: LoadedWorkflow): Map<LoadedStep, Set<LoadedStep>> {
  const edges = new Map(steps.map(step => [step, new Set<LoadedStep>()]))
  for (const step of steps) {
    const onSuccess = actionsOf(step, 'onSuccess', workflow)
    const onFailure = actionsOf(step, 'onFailure', workflow)
    const following = steps[step.index + 1]
    // The first action without criteria always applies; one that goes to a step that is not there has been reported.
    const leavesAlways = onSuccess.some(action => {
      const stepId = text(action, 'stepId')
      return list(action, 'criteria').length === 0 && (stepId === undefined || workflow.steps.has(stepId))
    })
    if (following && !leavesAlways) edges.get(step)!.add(following)
    for (const action of [...onSuccess, ...onFailure]) {
      const target = workflow.steps.get(text(action, 'stepId') ?? '')
      if (target) edges.get(step)!.add(target)
      if (text(action, 'type') !== 'retry') continue
      edges.get(target ?? step)!.add(step)
    }
  }
  return edges
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

/** Whether steps of a workflow that do not wait for one another run at the same time. */
export function isParallel(workflow: LoadedWorkflow): boolean {
  const owner = ownerOf(workflow)
  return owner !== undefined && member(owner, 'parallel') === true
}

/** Place of the declaration: its own `x-vitest`, or that of its document. */
function ownerOf({ raw, document }: LoadedWorkflow): Raw | undefined {
  return [raw, document.root].map(of => object(of, VITEST_FIELD)).find(of => has(of, 'parallel'))
}

/** Reports what has no meaning where steps run at the same time. */
export function checkParallel(workflow: LoadedWorkflow): void {
  const owner = ownerOf(workflow)
  if (owner === undefined) return
  const value = member(owner, 'parallel')
  const { version, root, reading } = workflow.document
  const report = reading.problems.about(`read \`${VITEST_FIELD}.parallel\``)
  if (typeof value !== 'boolean') {
    const hint = 'Write `parallel: true`, or leave it out.'
    report.firm('wrong-type', placeOfValue(owner, 'parallel'), { found: 'it is neither true nor false', hint })
  }
  if (value !== true) return
  if (version === '1.0')
    return report.firm('newer-field', placeOfKey(owner, 'parallel'), {
      found: `\`dependsOn\` of steps came with Arazzo 1.1, and the document is ${scalar(root, 'arazzo')}`,
      hint: 'Write `arazzo: 1.1.0` at the top.',
    })
  for (const step of workflow.allSteps) {
    for (const field of ['onSuccess', 'onFailure'] as const)
      for (const action of actionsOf(step, field, workflow)) checkAction(action, field, step, workflow)
  }
}

type ActionField = 'onSuccess' | 'onFailure'

function checkAction(action: Raw, field: ActionField, { stepId }: LoadedStep, workflow: LoadedWorkflow): void {
  const wrong = wrongWith(action, field)
  if (wrong === undefined) return
  const report = workflow.document.reading.problems.about(
    `read action "${text(action, 'name') ?? ''}" of step "${stepId}"`,
  )
  report.firm('parallel-steps', placeOfKey(action, 'type'), {
    found: `${wrong.found}, and the steps of workflow "${workflow.workflowId}" run at the same time`,
    hint: `${wrong.hint} Or remove \`parallel: true\`.`,
  })
}

function wrongWith(action: Raw, field: ActionField): { found: string; hint: string } | undefined {
  const type = text(action, 'type')
  if (type === 'goto') {
    const hint = 'Say by `dependsOn` what comes after what, or put the steps between which it goes into a workflow.'
    return { found: 'it goes elsewhere', hint }
  }
  if (type === 'end' && field === 'onSuccess') {
    const hint = 'Put the steps that it leaves out into a workflow of their own.'
    return { found: 'it ends the workflow', hint }
  }
  if (type === 'retry' && has(action, 'stepId')) {
    const hint = 'Put both steps into a workflow of their own, or the steps that run before a retry.'
    return { found: `it runs step "${text(action, 'stepId')}" once more`, hint }
  }
  return undefined
}

/** Whether a workflow has an order of its own: steps are sorted by what they wait for. */
function isSorted(workflow: LoadedWorkflow): boolean {
  return isParallel(workflow) || workflow.allSteps.some(step => list(step.raw, 'dependsOn').length > 0)
}

/** A step's own actions and those of the workflow that it does not override by name. */
function actionsOf(step: LoadedStep, own: ActionField, workflow: LoadedWorkflow): Raw[] {
  const shared = own === 'onSuccess' ? 'successActions' : 'failureActions'
  const resolve = (action: Raw) =>
    has(action, 'reference') ? (componentOf(action, shared, workflow.document) ?? action) : action
  const actions = objects(step.raw, own).map(resolve)
  const names = new Set(actions.map(action => text(action, 'name')))
  const inherited = objects(workflow.raw, shared).map(resolve)
  return [...actions, ...inherited.filter(action => !names.has(text(action, 'name')))]
}

/**
 * Reports steps that would have to wait for one another, by `dependsOn` and by the outputs that they read, if
 * `dependsOn` decides the order or steps run at the same time. Circles of `dependsOn` alone have been reported. Source:
 * Arazzo 1.1.0, "Tool Behavior".
 */
export function checkReads(workflow: LoadedWorkflow): void {
  const { reads, allSteps, workflowId, document } = workflow
  if (reads.size === 0 || !isSorted(workflow)) return
  const before = (step: LoadedStep) => [...dependenciesOf(step, workflow), ...(reads.get(step) ?? [])]
  const step = allSteps.find(circlesOf(allSteps, before).isInCircle)
  if (!step) return
  const way = circleAt(step, one => before(one).filter(other => other !== one))
  document.reading.problems
    .about(`order the steps of workflow "${workflowId}"`)
    .firm('cyclic-depends-on', placeOfKey(step.raw, 'stepId'), {
      found: `steps wait for one another (${shownWay(way.map(({ stepId }) => stepId))})`,
      hint: 'Remove a `dependsOn`, or do not read that output.',
    })
}

const dependenciesOf = (step: LoadedStep, { steps }: LoadedWorkflow) =>
  texts(step.raw, 'dependsOn').flatMap(stepId => steps.get(stepId) ?? [])

/** The shortest way from a node that is in a circle back to itself, both ends included. */
export function circleAt<T>(start: T, next: (node: T) => readonly T[]): T[] {
  const cameFrom = new Map<T, T | undefined>([[start, undefined]])
  // A map visits entries that are added during the iteration.
  for (const [node] of cameFrom) {
    for (const following of next(node)) {
      if (following === start) return [...wayTo(node, cameFrom), start]
      if (!cameFrom.has(following)) cameFrom.set(following, node)
    }
  }
  return [start, start]
}

/** The way that a search has come to a node, both ends included. */
function wayTo<T>(node: T, cameFrom: ReadonlyMap<T, T | undefined>): T[] {
  const way: T[] = []
  for (let at: T | undefined = node; at !== undefined; at = cameFrom.get(at)) way.push(at)
  return way.reverse()
}

/**
 * Finds the circles of a graph, its strongly connected components, in time that grows with its nodes and edges alone,
 * and without recursion. Source: Tarjan 1972, "Depth-first search and linear graph algorithms".
 */
export function circlesOf<T>(nodes: Iterable<T>, next: (node: T) => readonly T[]) {
  const index = new Map<T, number>()
  const low = new Map<T, number>()
  const places = new Map<T, number>()
  const sizes: number[] = []
  const open: T[] = []
  for (const start of nodes) {
    if (index.has(start)) continue
    const visits: { readonly node: T; readonly next: readonly T[]; at: number }[] = []
    const enter = (node: T) => {
      low.set(node, index.size)
      index.set(node, index.size)
      open.push(node)
      visits.push({ node, next: next(node), at: 0 })
    }
    const lower = (node: T, value: number) => low.set(node, Math.min(low.get(node)!, value))
    enter(start)
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const { node } = visit
      if (visit.at < visit.next.length) {
        const to = visit.next[visit.at++]!
        if (!index.has(to)) enter(to)
        else if (!places.has(to)) lower(node, index.get(to)!)
        continue
      }
      visits.pop()
      const from = visits.at(-1)
      if (from) lower(from.node, low.get(node)!)
      if (low.get(node) === index.get(node)) close(node)
    }
  }
  function close(root: T): void {
    let size = 0
    for (let node = open.pop()!; ; node = open.pop()!) {
      places.set(node, sizes.length)
      size++
      if (node === root) break
    }
    sizes.push(size)
  }
  return {
    /** Place of a node's component: the nodes that it leads to have lower places, unless they form a circle. */
    placeOf: (node: T) => places.get(node)!,
    /** Whether a node comes back to itself by way of another. */
    isInCircle: (node: T) => sizes[places.get(node)!]! > 1,
  }
}

const MOST_NAMES = 12

/** `a -> b -> c`; of a long way the beginning and the end. */
export function shownWay(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(' -> ')
  const half = MOST_NAMES / 2
  const left = names.length - 2 * half
  return [...names.slice(0, half), `(${left} more)`, ...names.slice(-half)].join(' -> ')
}
