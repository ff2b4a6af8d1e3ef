import type { ArazzoDocument } from '../src/document/model.ts'
import type { Problem } from '../src/ground/errors.ts'
import { loadTestProblems } from '../src/load/plan/document-tests.ts'
import { suiteProblems } from '../src/load/suites/options.ts'
import { connectedBy } from '../src/workflow/channel/connect.ts'
import type { ArazzoOptions } from './options.ts'
import { channelProblems } from './runtime/channel-checks.ts'
import { targetsAmong } from './runtime/targets.ts'
import { expectedOf } from './server/several.ts'

/** What keeps a document from being run, though nothing is wrong with it. */
export async function problemsOf(document: ArazzoDocument, options: ArazzoOptions): Promise<Problem[]> {
  const { channels, server, target, targets } = options
  const notConnected = channelProblems(document, connectedBy(channels))
  if (notConnected.length > 0) return notConnected
  const around = { defaults: { target, targets }, applications: server ? targetsAmong(expectedOf(server)) : [] }
  const ofLoad = await Promise.all(document.workflows.map(workflow => loadTestProblems(document, workflow, around)))
  return [...suiteProblems(document), ...ofLoad.flat()]
}
