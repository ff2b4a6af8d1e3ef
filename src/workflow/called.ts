import type { Action, ArazzoDocument, Workflow, WorkflowReference } from '../document/model.ts'

/** The workflows that a workflow runs, goes to or waits for. */
export function referencesOf({
  steps,
  successActions,
  failureActions,
  dependsOn,
}: Workflow): readonly WorkflowReference[] {
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

/** The document that a source stands for; undefined where it is of another kind. */
export function arazzoOf({ sources }: ArazzoDocument, name: string): ArazzoDocument | undefined {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined
  return source?.type === 'arazzo' ? source.arazzo : undefined
}

/** A workflow, and all that it may run, each once. */
export function allCalledBy(document: ArazzoDocument, workflow: Workflow): Workflow[] {
  const found = new Map<Workflow, ArazzoDocument>([[workflow, document]])
  // A map visits what is added to it on the way.
  for (const [caller, home] of found)
    for (const { source, workflowId } of referencesOf(caller)) {
      const of = source === undefined ? home : arazzoOf(home, source)
      const called = of?.workflows.find(one => one.workflowId === workflowId)
      if (of && called && !found.has(called)) found.set(called, of)
    }
  return [...found.keys()]
}
