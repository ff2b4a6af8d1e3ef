import { placeInside } from '../file/source-file.ts'
import type { LoadedDocument, LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { qualifiedName, sourceNamed } from '../loaded/source-reference.ts'
import { list, type Raw } from '../raw.ts'
import { circlesOf, shownWay, wayTo } from './circles.ts'

/** Most steps that are told of a circle: of one of 10,000 nobody wants to hear at each. */
const MOST_REPORTED = 100

/** Reports workflows, and steps, that wait for one another in a circle: none of them could ever begin. */
export function checkDependsOn(workflow: LoadedWorkflow, reading: Reading): void {
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

/** Those that wait for themselves. */
function endlessOf<T extends { raw: Raw }>(nodes: readonly T[], graph: Graph<T>): T[] {
  const next = (node: T) => prerequisites(node, graph).map(found => found.node)
  const circles = circlesOf(nodes, next)
  return nodes.filter(node => circles.isInCircle(node) || next(node).includes(node))
}

/** Things with a `dependsOn`. */
interface Graph<T> {
  readonly word: string
  nameOf(node: T): string
  /** What an entry of the `dependsOn` of `node` names. */
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
  // A map visits what is added to it on the way.
  for (const [node] of cameFrom) {
    if (node === to) return wayTo(node, cameFrom)
    for (const next of prerequisites(node, graph)) {
      if (!cameFrom.has(next.node)) cameFrom.set(next.node, node)
    }
  }
  return undefined
}
