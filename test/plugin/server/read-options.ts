import type { ResolvedServerOptions } from '../../../plugin/server/options.ts'
import { readServers } from '../../../plugin/server/several.ts'

/** The options of one application as a run reads them. */
export const readServerOptions = (input: unknown, root?: string): ResolvedServerOptions =>
  readServers(input, root)[0]!.options
