import type { Action, ArazzoDocument, Workflow, WorkflowReference } from '../../document/model.ts'
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
 * The suites of a document. A workflow is a part when another one that runs refers to it, directly or through other parts, and its
 * required inputs are given neither by the plugin nor by `x-vitest`. Parts that only refer to one another are suites: they would
 * never run.
 *
 * @param given inputs that all workflows have.
 * @param others documents whose workflows may refer to those of this one.
 */
export function suitesOf(
  document: ArazzoDocument,
  given: StaticInputs = {},
  others: readonly ArazzoDocument[] = [],
): Suite[] {
  const suites = document.workflows.map((workflow): Suite => {
    const { options } = readSuiteOptions(document, workflow)
    return { workflow, options, missing: missingIn(workflow, options, given) }
  })
  const byId = new Map(suites.map(suite => [suite.workflow.workflowId, suite]))
  const callers = new Map<Suite, string[]>()
  const call = (suite: Suite | undefined, by: string) => {
    if (suite === undefined || suite.missing.length === 0) return
    const known = callers.get(suite)
    if (known) known.push(by)
    else {
      callers.set(suite, [by])
      follow(suite)
    }
  }
  const follow = ({ workflow }: Suite) => {
    for (const { source, workflowId } of referencesOf(workflow)) {
      const isOwn = source === undefined || arazzoOf(document, source)?.file === document.file
      if (isOwn && workflowId !== workflow.workflowId) call(byId.get(workflowId), workflow.workflowId)
    }
  }
  for (const other of others) {
    for (const workflow of other.workflows)
      for (const { source, workflowId } of referencesOf(workflow))
        if (source !== undefined && arazzoOf(other, source)?.file === document.file)
          call(byId.get(workflowId), `${nameOf(other)}#${workflow.workflowId}`)
  }
  for (const suite of suites) if (suite.missing.length === 0) follow(suite)
  return suites.map(suite => {
    const by = callers.get(suite)
    return by ? { ...suite, part: { by: [...new Set(by)], needs: suite.missing } } : suite
  })
}

/** Whether other documents may say that some of these are parts. */
export function hasOrphans(suites: readonly Suite[]): boolean {
  return suites.some(({ missing, part }) => missing.length > 0 && part === undefined)
}

/** What a part's one test is called. */
export function describePart({ by, needs }: Part): string {
  const named = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')
  return `part of ${named(by)}, with input${needs.length === 1 ? '' : 's'} ${named(needs)}`
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

const nameOf = ({ file }: ArazzoDocument) =>
  file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
