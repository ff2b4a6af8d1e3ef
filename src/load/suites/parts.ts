import type { Action, ArazzoDocument, Workflow, WorkflowReference } from '../../document/model.ts'
import { quoted } from '../../ground/words.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import type { StaticInputs } from '../feed/source.ts'
import { fileOf, readSuiteOptions, type SuiteOptions } from './options.ts'

/** A workflow as a suite. */
export interface Suite {
  workflow: Workflow
  options: SuiteOptions
  /** Present when it is not run by itself. */
  part?: Part
  /** Required inputs that nobody gives. */
  missing: readonly string[]
}

/** A workflow that others run, and which cannot run without what they give it. */
export interface Part {
  /** The workflows that run it: `checkout`; of another document `shop.arazzo.yaml#checkout`. */
  by: readonly string[]
  /** Its required inputs that are not given otherwise. */
  needs: readonly string[]
}

/**
 * The suites of a document. A workflow is a part when another one that runs refers to it, directly or through other
 * parts, of whatever document, and its required inputs are given neither by the plugin nor by `x-vitest`. Parts that
 * only refer to one another are suites: they would never run.
 *
 * @param given inputs that all workflows have.
 * @param others documents whose workflows may refer to those of this one, and those that refer to these.
 */
export function suitesOf(
  document: ArazzoDocument,
  given: StaticInputs = {},
  others: readonly ArazzoDocument[] = [],
): Suite[] {
  const all = [document, ...others].flatMap(of => candidatesOf(of, given))
  const byKey = new Map(all.map(one => [keyOf(one.document.file, one.suite.workflow.workflowId), one]))
  const waiting = all.filter(({ suite }) => suite.missing.length === 0)
  for (let caller = waiting.pop(); caller !== undefined; caller = waiting.pop()) {
    for (const { source, workflowId } of referencesOf(caller.suite.workflow)) {
      const of: ArazzoDocument | undefined = source === undefined ? caller.document : arazzoOf(caller.document, source)
      const called: Candidate | undefined = of && byKey.get(keyOf(of.file, workflowId))
      if (called === undefined || called === caller || called.suite.missing.length === 0) continue
      if (called.by.size === 0) waiting.push(called)
      called.by.add(nameOf(caller, called))
    }
  }
  return all
    .filter(one => one.document === document)
    .map(({ suite, by }) => (by.size > 0 ? { ...suite, part: { by: [...by], needs: suite.missing } } : suite))
}

/** A workflow that runs by itself or is a part. */
interface Candidate {
  document: ArazzoDocument
  suite: Suite
  /** What runs it. */
  by: Set<string>
}

function candidatesOf(document: ArazzoDocument, given: StaticInputs): Candidate[] {
  return document.workflows.map(workflow => {
    const { options } = readSuiteOptions(document, workflow)
    return { document, suite: { workflow, options, missing: missingIn(workflow, options, given) }, by: new Set() }
  })
}

const keyOf = (file: string, workflowId: string) => `${file}\n${workflowId}`

/** Whether other documents may say that some of these are parts. */
export function hasOrphans(suites: readonly Suite[]): boolean {
  return suites.some(({ missing, part }) => missing.length > 0 && part === undefined)
}

/** What a part's one test is called. */
export function describePart({ by, needs }: Part): string {
  return `part of ${quoted(by)}, with input${needs.length === 1 ? '' : 's'} ${quoted(needs)}`
}

/** None of one that is said to run, or not to. */
function missingIn(workflow: Workflow, options: SuiteOptions, given: StaticInputs): string[] {
  const { skip, only, each, inputs, common } = options
  if (skip !== undefined || only === true || (each && fileOf(each) !== undefined)) return []
  const rows = each?.rows ?? []
  return missingInputs(workflow, Object.assign({}, given, common, inputs, ...rows))
}

/** The workflows that a workflow runs, goes to or waits for. */
function referencesOf({ steps, successActions, failureActions, dependsOn }: Workflow): WorkflowReference[] {
  const ofActions = (actions: readonly Action[]) =>
    actions.flatMap(action => ('to' in action && action.to?.kind === 'workflow' ? [action.to.workflow] : []))
  return [
    ...steps.flatMap(({ target, onSuccess, onFailure }) => [
      ...(target.kind === 'workflow' ? [target.workflow] : []),
      ...ofActions(onSuccess),
      ...ofActions(onFailure),
    ]),
    ...ofActions(successActions),
    ...ofActions(failureActions),
    ...dependsOn,
  ]
}

function arazzoOf({ sources }: ArazzoDocument, name: string): ArazzoDocument | undefined {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  return source?.type === 'arazzo' ? source.arazzo : undefined
}

function nameOf({ document, suite }: Candidate, called: Candidate): string {
  const { workflowId } = suite.workflow
  if (document === called.document) return workflowId
  const { file } = document
  return `${file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)}#${workflowId}`
}
