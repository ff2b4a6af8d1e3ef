import { existsSync } from 'node:fs'
import { failure } from '../../ground/fault.ts'
import { mapConnections, withAbsolutePaths } from '../../workflow/channel/connect.ts'
import type { ChannelsOption } from '../../workflow/channel/transport.ts'

/** Modules that make transports, by absolute path: one for all sources, or by the source's name. */
export type ChannelModules = string | Record<string, string>

/**
 * Part of the option that can be sent to threads: each imports the module for itself. Throws Error for transports and
 * functions, which cannot be sent, and for a module that is missing or that Node cannot run.
 */
export function channelModules(option: ChannelsOption): ChannelModules {
  return mapConnections(withAbsolutePaths(option, process.cwd()), connection => {
    if (typeof connection !== 'string') {
      const found =
        `the option holds a ${typeof connection === 'function' ? 'function' : 'transport'}, which no thread can be ` +
        'given'
      const advice =
        "Export it as default from a module, and give its path, which each thread imports: channels: './channels.js'."
      throw failure('load', 'channels on threads', found, advice)
    }
    if (!existsSync(connection))
      throw failure('import', 'channels', `${connection} does not exist`, 'Correct the path.')
    if (/\.[cm]?tsx?$/.test(connection) && !runsTypeScript()) {
      const advice = 'Write the module in JavaScript, or use Node 22.18 or later.'
      throw failure('load', 'channels on threads', `Node ${process.versions.node} runs no ${connection}`, advice)
    }
    return connection
  })
}

const runsTypeScript = () => Boolean((process.features as { typescript?: unknown }).typescript)
