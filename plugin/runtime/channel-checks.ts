import type { ArazzoDocument } from '../../src/document/model.ts'
import { ArazzoError, type Problem } from '../../src/ground/errors.ts'
import { ANY_SERVER } from '../../src/load/plan/load-test.ts'
import type { Connected } from '../../src/workflow/channel/connect.ts'
import { compilePlan } from '../../src/workflow/plan.ts'

/** Steps on channels that no transport serves. */
export function channelProblems(document: ArazzoDocument, connected: Connected): Problem[] {
  if (!hasChannels(document)) return []
  return document.workflows.flatMap(({ workflowId }) => {
    try {
      compilePlan(document, workflowId, { servers: ANY_SERVER, connected })
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
