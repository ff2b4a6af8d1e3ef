import { failed } from '../../src/ground/fault.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import type { ServerOverride } from '../../src/workflow/server.ts'
import { ours } from '../files.ts'
import { hasPort, readServerOptions } from '../server/options.ts'
import { serversFor } from '../server/servers-for.ts'
import { startServer } from '../server/start.ts'
import { maskedFailure } from '../server/start-error.ts'
import { placeInFile } from './environment.ts'
import type { DoctorProject } from './project.ts'

/** Where requests of a project go, and what was started for that. */
export interface OpenApplication {
  servers: ServerOverride
  /** Of the application that the plugin starts. */
  origin?: string
  /** What started it, where it did not run already. */
  command?: string
  /** Whether it may be asked. */
  isThere: boolean
  hindrances: readonly Hindrance[]
  stop(): Promise<void>
}

/** Stands for the port of an application that was not started: addresses are read, and nobody is asked. */
const NOWHERE = 'http://127.0.0.1:1'

/**
 * Starts the application of a project as a run does, unless it has none, or it runs already.
 *
 * @param isOffline nothing is started.
 */
export async function openApplication(
  { options, root, configFile }: DoctorProject,
  isOffline: boolean,
  secrets: Secrets,
): Promise<OpenApplication> {
  const none = { hindrances: [], stop: async () => {} }
  const { server } = options
  if (server === undefined) return { ...none, servers: options.servers, isThere: !isOffline }
  const nowhere = { ...none, servers: serversFor(options.servers, NOWHERE), isThere: false }
  if (isOffline) return nowhere
  try {
    const read = readServerOptions(server, root)
    const running = await startServer({ ...read, reuseExisting: !hasPort(read.url) }, ours('supervisor.js'))
    return {
      servers: serversFor(options.servers, running.origin),
      origin: running.origin,
      ...(!running.reused && { command: server.command }),
      isThere: true,
      hindrances: [],
      stop: () => running.stop(),
    }
  } catch (error) {
    const message = maskedFailure(error as Error, { secrets }).message
    const at = placeInFile(configFile, 'server')
    return { ...nowhere, hindrances: [{ severity: 'error', message, ...(at && { at }) }] }
  }
}

/** Nothing responds where requests would go. */
export function noResponse(
  how: 'refused' | 'silent',
  origin: string,
  { options, configFile }: DoctorProject,
): Hindrance {
  const message = failed('reach', origin, how === 'refused' ? 'nobody listens there' : 'there was no HTTP response')
  const starts = "server: { command: 'npm start', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } }"
  const hint = options.server === undefined ? `Start it, or let the plugin do that: ${starts}.` : 'Correct `servers`.'
  const at = placeInFile(configFile, 'servers')
  return { severity: 'error', message, hint, ...(at && { at }) }
}
