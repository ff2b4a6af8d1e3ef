import { environment } from '../../src/ground/environment.ts'
import { failed } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { isHttp, type Place } from '../../src/load/plan/addresses.ts'
import { ANY_ORIGIN, ANY_TCP } from '../../src/load/plan/application-targets.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import type { ServerOverride } from '../../src/workflow/server.ts'
import { ours } from '../files.ts'
import type { Surroundings } from '../server/address.ts'
import { hasPort } from '../server/options.ts'
import { readServers, serversFor } from '../server/several.ts'
import { type RunningServer, ServerStartError, startServer } from '../server/start.ts'
import { placeInFile } from './environment.ts'
import type { DoctorProject } from './project.ts'

/** Where requests of a project go, and what was started for that. */
export interface OpenApplication {
  servers: ServerOverride
  /** What started applications that did not run already, by their addresses. */
  commands: ReadonlyMap<string, string>
  /** Whether it may be asked. */
  isThere: boolean
  hindrances: readonly Hindrance[]
  stop(): Promise<void>
}

/**
 * Starts the applications of a project as a run does, each after those that it depends on; none that runs already.
 *
 * @param isOffline nothing is started.
 */
export async function openApplication(
  { options, root, configFile, files }: DoctorProject,
  isOffline: boolean,
  secrets: Secrets,
): Promise<OpenApplication> {
  const none = { commands: new Map<string, string>(), hindrances: [], stop: async () => {} }
  const { server } = options
  if (server === undefined) return { ...none, servers: options.servers, isThere: !isOffline }
  const plans = readServers(server, root)
  const nowhere = () => {
    const places = plans.map(({ name, options: { url } }) => placeOf(name, isHttp(url) ? ANY_ORIGIN : ANY_TCP))
    return { ...none, servers: serversFor(options.servers, places), isThere: false }
  }
  if (isOffline) return nowhere()
  const running: { name: string | undefined; command: string; server: RunningServer }[] = []
  const stop = async () => {
    for (const { server } of running.toReversed()) await server.stop()
  }
  const places = () => running.map(({ name, server }) => placeOf(name, server.origin))
  try {
    for (const { name, options: read } of plans) {
      const meant = { ...read, reuseExisting: !hasPort(read.url) }
      const around = given<Surroundings>({ name, others: places(), environment: environment(files) })
      const server = await startServer(meant, ours('supervisor.js'), undefined, around)
      running.push({ name, command: read.command, server })
    }
    const started = running.filter(({ server }) => !server.reused)
    const commands = new Map(started.map(({ server, command }) => [server.origin, command]))
    return { servers: serversFor(options.servers, places()), commands, isThere: true, hindrances: [], stop }
  } catch (error) {
    await stop()
    const told = error instanceof ServerStartError ? error.masked(text => secrets.mask(text)) : (error as Error)
    const at = placeInFile(configFile, 'server')
    return { ...nowhere(), hindrances: [{ severity: 'error', message: told.message, ...(at && { at }) }] }
  }
}

const placeOf = (name: string | undefined, origin: string) => given<Place>({ name, origin })

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
