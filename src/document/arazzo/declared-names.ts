import { type DeclaredNames, unusualNames } from '../../expression/index.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedDocument, LoadedWorkflow } from '../loaded/loaded.ts'

const known = new WeakMap<LoadedDocument | LoadedWorkflow, DeclaredNames>()

/** The names that expressions may refer to there; in components, those of all workflows. */
export function declaredNames({ document, workflow }: Pick<Context, 'document' | 'workflow'>): DeclaredNames {
  const owner = workflow ?? document
  const names = known.get(owner) ?? namesOf(document, workflow)
  known.set(owner, names)
  return names
}

function namesOf(document: LoadedDocument, workflow: LoadedWorkflow | undefined): DeclaredNames {
  const inputs = (of: readonly LoadedWorkflow[]) =>
    unusualNames(of.flatMap(({ inputNames }) => [...inputNames.declared]))
  const steps = (of: readonly LoadedWorkflow[]) => unusualNames(of.flatMap(({ steps }) => [...steps.keys()]))
  // What is of all workflows is looked for once, and not for each of a thousand.
  if (workflow) return { ...declaredNames({ document }), inputs: inputs([workflow]), steps: steps([workflow]) }
  const all = document.allWorkflows
  return {
    inputs: inputs(all),
    steps: steps(all),
    workflows: unusualNames(document.workflows.keys()),
    workflowInputs: inputs(all),
    sources: unusualNames(document.sources.keys()),
  }
}
