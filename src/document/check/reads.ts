import type { LoadedStep, LoadedWorkflow, Reading } from '../arazzo/loaded.ts'
import { placeOfKey } from '../file/source-file.ts'
import { list, texts } from '../raw.ts'

const reads = new WeakMap<LoadedWorkflow, Map<LoadedStep, Set<LoadedStep>>>()

/** Remembers that a step reads an output of another, and so has to wait for it. */
export function noteRead(workflow: LoadedWorkflow, reader: LoadedStep, source: LoadedStep): void {
  const ofWorkflow = reads.get(workflow) ?? new Map<LoadedStep, Set<LoadedStep>>()
  reads.set(workflow, ofWorkflow)
  ofWorkflow.set(reader, (ofWorkflow.get(reader) ?? new Set()).add(source))
}

/**
 * Where `dependsOn` decides the order, outputs that are read count as well. Reports steps that would have to wait for one
 * another; circles of `dependsOn` alone have been reported. Source: Arazzo 1.1.0, "Tool Behavior".
 */
export function checkReads(workflow: LoadedWorkflow, reading: Reading): void {
  const ofWorkflow = reads.get(workflow)
  if (!ofWorkflow || !workflow.allSteps.some(step => list(step.raw, 'dependsOn').length > 0)) return
  const before = (step: LoadedStep) => [
    ...texts(step.raw, 'dependsOn').flatMap(stepId => workflow.steps.get(stepId) ?? []),
    ...(ofWorkflow.get(step) ?? []),
  ]
  for (const step of workflow.allSteps) {
    const way = circleAt(step, before)
    if (!way) continue
    reading.problems.add({
      code: 'cyclic-depends-on',
      at: placeOfKey(step.raw, 'stepId'),
      failed: `order the steps of workflow "${workflow.workflowId}"`,
      found: `steps wait for one another (${way.map(({ stepId }) => stepId).join(' -> ')})`,
      hint: 'Remove a `dependsOn`, or do not read that output.',
      firm: true,
    })
    return
  }
}

/** The shortest way from a step back to itself that is longer than one. */
function circleAt(start: LoadedStep, before: (step: LoadedStep) => LoadedStep[]): LoadedStep[] | undefined {
  const ways: LoadedStep[][] = [[start]]
  const seen = new Set<LoadedStep>()
  for (const way of ways) {
    for (const next of before(way.at(-1)!)) {
      if (next === start && way.length > 1) return [...way, start]
      if (seen.has(next) || next === start) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}
