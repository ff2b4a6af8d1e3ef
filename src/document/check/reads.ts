import { placeOfKey } from '../file/source-file.ts'
import type { LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { texts } from '../raw.ts'
import { circlesOf, shownWay, wayTo } from './circles.ts'
import { isSorted } from './parallel.ts'

const reads = new WeakMap<LoadedWorkflow, Map<LoadedStep, Set<LoadedStep>>>()

/** Remembers that a step reads an output of another, and so has to wait for it. */
export function noteRead(workflow: LoadedWorkflow, reader: LoadedStep, source: LoadedStep): void {
  const ofWorkflow = reads.get(workflow) ?? new Map<LoadedStep, Set<LoadedStep>>()
  reads.set(workflow, ofWorkflow)
  ofWorkflow.set(reader, (ofWorkflow.get(reader) ?? new Set()).add(source))
}

/**
 * Where `dependsOn` decides the order, or steps run at the same time, outputs that are read count as well. Reports
 * steps that would have to wait for one another; circles of `dependsOn` alone have been reported. Source: Arazzo 1.1.0,
 * "Tool Behavior".
 */
export function checkReads(workflow: LoadedWorkflow, reading: Reading): void {
  const ofWorkflow = reads.get(workflow)
  if (!ofWorkflow || !isSorted(workflow)) return
  const before = (step: LoadedStep) => [
    ...texts(step.raw, 'dependsOn').flatMap(stepId => workflow.steps.get(stepId) ?? []),
    ...(ofWorkflow.get(step) ?? []),
  ]
  const circles = circlesOf(workflow.allSteps, before)
  const step = workflow.allSteps.find(circles.isInCircle)
  if (!step) return
  const way = circleAt(step, before)
  reading.problems.addFirm({
    code: 'cyclic-depends-on',
    at: placeOfKey(step.raw, 'stepId'),
    failed: `order the steps of workflow "${workflow.workflowId}"`,
    found: `steps wait for one another (${shownWay(way.map(({ stepId }) => stepId))})`,
    hint: 'Remove a `dependsOn`, or do not read that output.',
  })
}

/** The shortest way from a step that is in a circle back to itself. */
function circleAt(start: LoadedStep, before: (step: LoadedStep) => LoadedStep[]): LoadedStep[] {
  const cameFrom = new Map<LoadedStep, LoadedStep | undefined>([[start, undefined]])
  // A map visits what is added to it on the way.
  for (const [step] of cameFrom) {
    for (const next of before(step)) {
      if (next === start && step !== start) return [...wayTo(step, cameFrom), start]
      if (!cameFrom.has(next)) cameFrom.set(next, step)
    }
  }
  return [start, start]
}
