import { type DeclaredNames, unusualNames } from '../../expression/index.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedDocument, LoadedWorkflow } from '../loaded/loaded.ts'

const known = new WeakMap<LoadedDocument | LoadedWorkflow, DeclaredNames>()

/** The names that expressions may refer to there; in components, those of all workflows. */
export function declaredNames({ document, workflow }: Context): DeclaredNames {
  const owner = workflow ?? document
  const names = known.get(owner) ?? namesOf(document, workflow)
  known.set(owner, names)
  return names
}

function namesOf(document: LoadedDocument, workflow: LoadedWorkflow | undefined): DeclaredNames {
  const all = document.allWorkflows
  const own = workflow ? [workflow] : all
  return {
    inputs: unusualNames(own.flatMap(({ inputNames }) => [...inputNames.declared])),
    steps: unusualNames(own.flatMap(({ steps }) => [...steps.keys()])),
    workflows: unusualNames(document.workflows.keys()),
    workflowInputs: unusualNames(all.flatMap(({ inputNames }) => [...inputNames.declared])),
    sources: unusualNames(document.sources.keys()),
  }
}
