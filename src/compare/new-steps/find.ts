import type * as model from '../../document/model.ts'
import { ended } from '../../ground/fault.ts'
import { findWorkflow } from '../../workflow/find.ts'
import type { WorkflowReport } from '../../workflow/outcome.ts'
import type { NewStep } from '../comparison.ts'
import { SIDES, type SideName } from '../pair.ts'
import { newWords } from '../words.ts'
import {
  callersOf,
  type FileOfBase,
  hasNoRoute,
  isDescribedOnBase,
  isThere,
  keyOf,
  operationOf,
  routeOf,
  type Tries,
  triesIn,
} from './places.ts'
import { isUnserved, methodsIn, UNSERVED, withOptions, withoutSteps, withUnservedPath } from './unserved.ts'

/** Result of runs of the workflow on both sides before there is any load. */
interface Found {
  /** With the steps that both sides have. */
  document: model.ArazzoDocument
  /** Steps that base does not have. */
  newSteps: NewStep[]
  /** Why there is nothing to compare, in a sentence. */
  fault?: string
  /** A step that fails in each run on one side alone, though it is not new. */
  broken?: { side: SideName; found: string }
}

/** The result without its document. */
export type NewSteps = Omit<Found, 'document'>

interface Options {
  document: model.ArazzoDocument
  workflowId: string
  /** Keys of the operation steps that a run of a document can reach. */
  keysOf: (document: model.ArazzoDocument) => string[]
  /** Runs the workflow of a document once on a side, with the inputs of a row. */
  run: (side: SideName, document: model.ArazzoDocument, row: number) => Promise<WorkflowReport>
  /** Rows of inputs, one at least. */
  rows: number
  fileOfBase?: FileOfBase | undefined
}

/**
 * Finds the steps that head alone has: base responds to them as to a path that is not served, and on head they pass.
 * The workflow is run again without them, and without the steps that need them, until there are no more.
 */
export async function findNewSteps(options: Options): Promise<Found> {
  const { document: original, workflowId, keysOf } = options
  const news = new Map<string, NewStep>()
  const found = (document: model.ArazzoDocument, rest: Omit<Found, 'document' | 'newSteps'> = {}): Found => {
    const left = new Set(keysOf(document))
    const gone = keysOf(original).filter(key => !left.has(key))
    const [first] = news.keys()
    return { document, newSteps: gone.map(step => news.get(step) ?? { step, needs: first }), ...rest }
  }
  let document = original
  for (;;) {
    const tries = await bothTry(options, document)
    const lost = await missingOn('head', options, document, tries)
    if (lost) return found(document, { fault: lostRouteText(document, workflowId, lost) })
    const missing = await missingOn('base', options, document, tries)
    const callers = missing ? callersOf(document, findWorkflow(document, workflowId), missing) : []
    if (missing === undefined || callers.length === 0)
      return found(document, { broken: brokenIn(options, document, tries) })
    const step: NewStep = {
      step: keyOf(workflowId, missing),
      route: routeOf(document, missing),
      status: missing.statuses.at(-1),
    }
    news.set(step.step, step)
    const without = withoutSteps(document, workflowId, callers)
    if ('fault' in without) return found(document, { fault: `${newWords(step)}; ${without.fault}` })
    for (const [stepId, needs] of without.needs) news.set(stepId, { step: stepId, needs })
    document = without.document
  }
}

type BothTries = Record<SideName, Map<string, Tries>>

/** Runs the workflow on both sides: once where nothing is wrong, else with each row. */
async function bothTry({ run, rows }: Options, document: model.ArazzoDocument): Promise<BothTries> {
  const reports: Record<SideName, WorkflowReport[]> = { base: [], head: [] }
  for (let row = 0; row < rows; row++) {
    for (const side of SIDES) reports[side].push(await run(side, document, row))
    const isWell = SIDES.every(side => reports[side][0]!.state === 'passed')
    if (isWell && ![...triesIn(reports.base).values()].some(hasNoRoute)) break
  }
  return { base: triesIn(reports.base), head: triesIn(reports.head) }
}

/** The first step whose tries on a side, and on the other, are so. */
function tryOf(tries: BothTries, side: SideName, holds: (own: Tries, other: Tries) => boolean): Tries | undefined {
  const others = tries[side === 'base' ? 'head' : 'base']
  return [...tries[side]].find(([key, own]) => others.has(key) && holds(own, others.get(key)!))?.[1]
}

/**
 * A step whose route a side does not have. A status of 404 alone does not say so: it may be data that is missing. Some
 * frameworks respond to that as to a path that is not served; base's own description then says which it is.
 */
async function missingOn(
  side: SideName,
  { run, fileOfBase }: Options,
  document: model.ArazzoDocument,
  tries: BothTries,
): Promise<Tries | undefined> {
  const missing = tryOf(tries, side, (own, other) => hasNoRoute(own) && isThere(other))
  if (missing === undefined || !missing.statuses.includes(UNSERVED)) return missing
  const tried = async (changed: model.ArazzoDocument | undefined) =>
    changed && triesIn([await run(side, changed, 0)]).get(missing.key)
  const moved = withUnservedPath(document, missing)
  const unserved = await tried(moved)
  if (unserved === undefined || !isUnserved(missing, unserved)) return undefined
  const isDescribed = side === 'base' ? isDescribedOnBase(document, missing, fileOfBase) : false
  if (isDescribed !== undefined) return isDescribed ? undefined : missing
  const { method, path } = operationOf(document, missing)!
  if (path.includes('{')) return undefined
  const [own, other] = [await tried(withOptions(document, missing)), await tried(moved && withOptions(moved, missing))]
  const isServed = own && methodsIn(own).includes(method) && !(other && methodsIn(other).includes(method))
  return isServed ? undefined : missing
}

function brokenIn({ workflowId }: Options, document: model.ArazzoDocument, tries: BothTries): Found['broken'] {
  for (const side of SIDES) {
    const broken = tryOf(tries, side, (own, other) => own.hasFailed && other.hasPassed)
    if (broken) return { side, found: brokenWords(document, workflowId, side, broken) }
  }
  return undefined
}

/** `step "pay" (POST /payments)`. */
function stepWords(document: model.ArazzoDocument, workflowId: string, tries: Tries): string {
  const route = routeOf(document, tries)
  return `step "${keyOf(workflowId, tries)}"${route === undefined ? '' : ` (${route})`}`
}

/** Sentences for a step whose route base has, and head has not. */
function lostRouteText(document: model.ArazzoDocument, workflowId: string, tries: Tries): string {
  const words = stepWords(document, workflowId, tries)
  return (
    `head has lost ${words}: it responds with status ${tries.statuses.at(-1)}, where base passes. ` +
    'Restore the route; if it was removed on purpose, remove the step from the workflow.'
  )
}

/** Sentences for a step that fails in each run on one side, and passes on the other. */
function brokenWords(document: model.ArazzoDocument, workflowId: string, side: SideName, tries: Tries): string {
  const other = side === 'base' ? 'head' : 'base'
  const status = tries.statuses.at(-1)
  const got = status === undefined ? (whyOf(tries) ?? 'it got no response') : `it responds with status ${status}`
  const isData = side === 'base' && status === UNSERVED
  const data = isData ? ', which does not show that it has no such route: data may be missing' : ''
  const advice =
    side === 'base'
      ? 'Repair base, compare with a commit in which the step passes, or leave the step out.'
      : 'Repair it on head.'
  const words = stepWords(document, workflowId, tries)
  return `${words} fails on ${side} and passes on ${other}: ${ended(got + data)} ${advice}`
}

const whyOf = ({ last }: Tries) => ('error' in last ? last.error : 'because' in last ? last.because : undefined)
