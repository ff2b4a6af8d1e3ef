import { checkParallel, checkReads, circlesOf, flowOf, isParallel, shownWay, wayTo } from '../check/flow.ts'
import { knows } from '../check/parameters.ts'
import { placeInside, placeOfKey } from '../file/source-file.ts'
import type { Context, LoadedDocument, LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { qualifiedName, sourceNamed } from '../loaded/loaded.ts'
import type { Parameter, Step, Workflow } from '../model.ts'
import { has, list, type Raw, text } from '../raw.ts'
import { readActions } from './action.ts'
import { readExtensions } from './extension.ts'
import { readParameters } from './parameter.ts'
import { readOutputs, readStep } from './step.ts'
import { findWorkflow } from './target.ts'

/** Reads a Workflow Object and reports all its faults. Steps that cannot be read are left out. */
export function readWorkflow(loaded: LoadedWorkflow, reading: Reading): Workflow {
  const { raw, workflowId, document, inputs } = loaded
  const thing = `workflow "${workflowId}"`
  const before: Context = { document, workflow: loaded, moment: 'before' }
  const steps = loaded.allSteps
  // Parameters of steps that only run workflows are inputs, and need no place.
  const workflows = steps.filter(step => has(step.raw, 'workflowId')).length
  const use = workflows === 0 ? 'operation' : workflows === steps.length ? 'inputs' : 'steps'
  const parameters = readParameters(raw, thing, use, before, reading)
  const read = steps.flatMap(step => readStep(step, loaded, parameters, reading) ?? [])
  const after: Context = { ...before, moment: 'after' }
  checkShared(parameters, read, thing, document, reading)
  checkReachable(loaded, reading)
  checkDependsOn(loaded, reading)
  checkReads(loaded, reading)
  checkParallel(loaded, reading)
  const [summary, description] = [text(raw, 'summary'), text(raw, 'description')]
  const dependsOn = list(raw, 'dependsOn')
  return {
    workflowId,
    at: placeOfKey(raw, 'workflowId'),
    summary,
    description,
    parallel: isParallel(loaded) || undefined,
    inputs,
    dependsOn: dependsOn.flatMap((written, index) =>
      typeof written === 'string' ? (findWorkflow(dependsOn, index, document, reading)?.reference ?? []) : [],
    ),
    steps: read,
    successActions: readActions(raw, 'successActions', 'successActions', thing, after, reading),
    failureActions: readActions(raw, 'failureActions', 'failureActions', thing, after, reading),
    parameters,
    outputs: readOutputs(raw, thing, { ...before, moment: 'end' }, reading),
    extensions: readExtensions(raw),
  }
}

/** Parameters for all steps: one that no step's operation knows is a mistake. */
function checkShared(
  parameters: readonly Parameter[],
  steps: readonly Step[],
  thing: string,
  { sources }: LoadedWorkflow['document'],
  reading: Reading,
): void {
  const targets = steps.map(step => step.target)
  if (targets.length === 0 || targets.some(target => target.kind === 'workflow')) return
  for (const parameter of parameters) {
    const isKnown = targets.some(target => {
      if (target.kind === 'channel')
        return parameter.in === 'header' || (parameter.in === 'path' && parameter.name in target.channel.parameters)
      const source = target.kind === 'operation' ? sources.get(target.source) : undefined
      return (
        target.kind === 'operation' &&
        source?.type === 'openapi' &&
        knows(target.operation, parameter, source.api.description)
      )
    })
    if (isKnown) continue
    reading.problems.warn({
      code: 'unknown-parameter',
      at: parameter.at,
      failed: `read parameter "${parameter.name}" of ${thing}`,
      found: `none of its operations has a ${parameter.in} parameter "${parameter.name}"`,
    })
  }
}

function checkReachable(workflow: LoadedWorkflow, reading: Reading): void {
  for (const step of flowOf(workflow).unreachable) {
    reading.problems.warn({
      code: 'unreachable-step',
      at: placeOfKey(step.raw, 'stepId'),
      failed: `find a way to step "${step.stepId}"`,
      found: 'the step before always goes elsewhere, and nothing goes here',
      hint: 'Go to it in an action, or remove it.',
    })
  }
}

/** Maximum number of steps that report a circle, so that a circle of 10,000 steps stays readable. */
const MOST_REPORTED = 100

/** Reports workflows, and steps, that wait for one another in a circle: none of them could ever begin. */
function checkDependsOn(workflow: LoadedWorkflow, reading: Reading): void {
  if (endlessIn(workflow.document).has(workflow)) report(workflow, WORKFLOWS, reading)
  if (workflow.document.version === '1.0') return
  const steps: Graph<LoadedStep> = {
    word: 'step',
    nameOf: step => step.stepId,
    find: written => workflow.steps.get(written),
  }
  const endless = endlessOf([...workflow.steps.values()], steps)
  for (const step of endless.slice(0, MOST_REPORTED)) report(step, steps, reading)
}

const known = new WeakMap<LoadedDocument, ReadonlySet<LoadedWorkflow>>()

function endlessIn(document: LoadedDocument): ReadonlySet<LoadedWorkflow> {
  const found = known.get(document) ?? new Set(endlessOf(document.allWorkflows, WORKFLOWS).slice(0, MOST_REPORTED))
  known.set(document, found)
  return found
}

/** Nodes that wait for themselves. */
function endlessOf<T extends { raw: Raw }>(nodes: readonly T[], graph: Graph<T>): T[] {
  const next = (node: T) => prerequisites(node, graph).map(found => found.node)
  const circles = circlesOf(nodes, next)
  return nodes.filter(node => circles.isInCircle(node) || next(node).includes(node))
}

/** Things with a `dependsOn`. */
interface Graph<T> {
  readonly word: string
  nameOf(node: T): string
  /** Node that an entry in the `dependsOn` of `node` names. */
  find(written: string, node: T): T | undefined
}

const WORKFLOWS: Graph<LoadedWorkflow> = {
  word: 'workflow',
  nameOf: workflow => workflow.workflowId,
  find: (written, { document }) => workflowNamed(written, document),
}

function workflowNamed(written: string, document: LoadedDocument): LoadedWorkflow | undefined {
  const name = qualifiedName(written, document)
  if (!name) return document.workflows.get(written)
  const source = sourceNamed(name.source, document, () => {})
  return source?.type === 'arazzo' ? source.document.workflows.get(name.reference) : undefined
}

function prerequisites<T extends { raw: Raw }>(node: T, graph: Graph<T>): { node: T; index: number }[] {
  return list(node.raw, 'dependsOn').flatMap((written, index) => {
    const found = typeof written === 'string' ? graph.find(written, node) : undefined
    return found ? [{ node: found, index }] : []
  })
}

function report<T extends { raw: Raw }>(start: T, graph: Graph<T>, reading: Reading): void {
  for (const { node, index } of prerequisites(start, graph)) {
    const way = wayBetween(node, start, graph)
    if (!way) continue
    reading.problems.addFirm({
      code: 'cyclic-depends-on',
      at: placeInside(list(start.raw, 'dependsOn'), index, 0),
      failed: `read what ${graph.word} "${graph.nameOf(start)}" depends on`,
      found: `it depends on itself (${shownWay([start, ...way].map(graph.nameOf))})`,
      hint: 'Remove one of them.',
    })
    return
  }
}

/** The shortest way along `dependsOn`, both ends included. */
function wayBetween<T extends { raw: Raw }>(from: T, to: T, graph: Graph<T>): T[] | undefined {
  const cameFrom = new Map<T, T | undefined>([[from, undefined]])
  // A map visits entries that are added during the iteration.
  for (const [node] of cameFrom) {
    if (node === to) return wayTo(node, cameFrom)
    for (const next of prerequisites(node, graph)) {
      if (!cameFrom.has(next.node)) cameFrom.set(next.node, node)
    }
  }
  return undefined
}
