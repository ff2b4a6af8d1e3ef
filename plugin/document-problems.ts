import type { ArazzoDocument } from '../src/document/model.ts'
import { ArazzoError, type Problem } from '../src/ground/errors.ts'
import { loadTestProblems } from '../src/load/plan/document-tests.ts'
import { ANY_SERVER } from '../src/load/plan/load-test.ts'
import { lookAtHooks } from '../src/load/suites/hook-problems.ts'
import type { SuiteHook } from '../src/load/suites/hooks.ts'
import { suiteProblems } from '../src/load/suites/problems.ts'
import { type Connected, connectedBy } from '../src/workflow/channel/connect.ts'
import { compilePlan } from '../src/workflow/plan.ts'
import type { ArazzoOptions } from './options.ts'
import { targetsAmong } from './runtime/targets.ts'
import { expectedOf } from './server/several.ts'

/**
 * Reasons why a document cannot run although it is valid.
 *
 * @param hooks setups and teardowns of all documents.
 */
export async function problemsOf(
  document: ArazzoDocument,
  options: ArazzoOptions,
  hooks: readonly SuiteHook[] = [],
): Promise<{ problems: Problem[] /** What its setups and teardowns are made of. */; files: string[] }> {
  const { channels, server, target, targets, inputs, sources, severities } = options
  const notConnected = channelProblems(document, connectedBy(channels))
  if (notConnected.length > 0) return { problems: notConnected, files: [] }
  const around = { defaults: { target, targets }, applications: server ? targetsAmong(expectedOf(server)) : [] }
  const ofLoad = await Promise.all(document.workflows.map(workflow => loadTestProblems(document, workflow, around)))
  const ofHooks = await lookAtHooks(document, hooks, inputs, { sources, severities })
  return { problems: [...suiteProblems(document), ...ofHooks.problems, ...ofLoad.flat()], files: ofHooks.files }
}

/** Steps on channels that no transport serves. */
function channelProblems(document: ArazzoDocument, connected: Connected): Problem[] {
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
