import type { ArazzoDocument } from '../../src/document/model.ts'
import type { Problem } from '../../src/errors.ts'
import { readLoadTests } from '../../src/load/load-tests.ts'
import { compilePlan } from '../../src/workflow/plan.ts'

/** What is wrong with the load tests that stand in a document. */
export function loadTestProblems(document: ArazzoDocument, hasServer: boolean): Problem[] {
  return document.workflows
    .filter(workflow => 'x-load-test' in workflow.extensions)
    .flatMap(workflow => {
      const steps = stepKeys(document, workflow.workflowId)
      return readLoadTests(workflow, { steps, target: hasServer }).problems
    })
}

/** Keys of the steps that can have budgets. Which they are does not depend on where requests go. */
export function stepKeys(document: ArazzoDocument, workflowId: string): string[] {
  return compilePlan(document, workflowId, { servers: 'http://127.0.0.1' }).steps.map(step => step.key)
}
