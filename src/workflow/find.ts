import type { ArazzoDocument, Workflow } from '../document/model.ts'
import { ArazzoError, suggestion } from '../ground/errors.ts'
import { quoted } from '../ground/words.ts'

/** Throws ArazzoError naming what the document has. */
export function findWorkflow(document: ArazzoDocument, workflowId: string): Workflow {
  const workflow = document.workflows.find(candidate => candidate.workflowId === workflowId)
  if (workflow) return workflow
  const names = document.workflows.map(candidate => candidate.workflowId)
  throw new ArazzoError([
    {
      code: 'undefined-workflow',
      severity: 'error',
      message: `Failed to find workflow "${workflowId}": the document has no such workflow.`,
      at: document.workflows[0]!.at,
      hint:
        suggestion(workflowId, names)?.concat(` It has ${quoted(names)}.`) ?? `Name one after the #: ${quoted(names)}.`,
    },
  ])
}

/** Key of a step in reports: `login`, and `workflowId.stepId` for steps of inner workflows. */
export const stepKey = (root: Workflow, workflow: Workflow, stepId: string): string =>
  workflow === root ? stepId : `${workflow.workflowId}.${stepId}`
