import type { ArazzoDocument } from '../../document/model.ts'
import { sourcesOf } from '../../workflow/check-options.ts'
import type { ServerOverride } from '../../workflow/server.ts'
import type { Launch } from '../pair.ts'

/**
 * Where requests to a launch go: what the load test itself says of a source comes first, as a stub that base and head
 * share. One URL for all sources says where the application is, which a launch knows better.
 */
export function serversOf(document: ArazzoDocument, launch: Launch['servers'], own: ServerOverride): Launch['servers'] {
  if (launch === undefined || own === undefined || typeof own === 'string') return launch
  if (typeof launch !== 'string') return { ...launch, ...own }
  const ofSources = [...sourcesOf(document)].map(source => [source, launch])
  return { ...Object.fromEntries(ofSources), ...own }
}
