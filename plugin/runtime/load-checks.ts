import type { ArazzoDocument } from '../../src/document/model.ts'
import { ArazzoError, type Problem } from '../../src/ground/errors.ts'
import { type LoadTestContext, readLoadTests } from '../../src/load/plan/load-tests.ts'
import type { Connected } from '../../src/workflow/channel/connect.ts'
import { compilePlan } from '../../src/workflow/plan.ts'

/** What is wrong with the load tests that stand in a document. */
export function loadTestProblems(
  document: ArazzoDocument,
  known: Pick<LoadTestContext, 'target' | 'targets'>,
): Problem[] {
  return document.workflows
    .filter(workflow => 'x-load-test' in workflow.extensions)
    .flatMap(workflow => {
      const steps = stepKeys(document, workflow.workflowId)
      return readLoadTests(workflow, { steps, ...known }).problems
    })
}

/** Keys of the steps that can have budgets. Which they are does not depend on where requests go. */
export function stepKeys(document: ArazzoDocument, workflowId: string, connected: Connected = 'all'): string[] {
  return compilePlan(document, workflowId, { servers, connected }).steps.map(step => step.key)
}

// Any will do: where requests go is not known before the application runs.
const servers = 'http://127.0.0.1'

/** Steps on channels that no transport serves. */
export function channelProblems(document: ArazzoDocument, connected: Connected): Problem[] {
  if (!hasChannels(document)) return []
  return document.workflows.flatMap(({ workflowId }) => {
    try {
      compilePlan(document, workflowId, { servers, connected })
      return []
    } catch (error) {
      if (!(error instanceof ArazzoError)) throw error
      return error.problems.filter(({ code }) => code === 'channels-not-connected')
    }
  })
}

function hasChannels(document: ArazzoDocument, seen = new Set<ArazzoDocument>()): boolean {
  if (seen.has(document)) return false
  seen.add(document)
  return Object.values(document.sources).some(
    source => source.type === 'asyncapi' || (source.type === 'arazzo' && hasChannels(source.arazzo, seen)),
  )
}
