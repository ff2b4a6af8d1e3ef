import { readFileSync } from 'node:fs'
import { environment } from '../../src/ground/environment.ts'
import type { Location } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { tried } from '../../src/ground/tried.ts'
import { isHttp, type Place } from '../../src/load/plan/addresses.ts'
import { ANY_ORIGIN, ANY_TCP } from '../../src/load/plan/application-targets.ts'
import { assertAllowed } from '../../src/load/plan/hosts.ts'
import type { Suite } from '../../src/load/suites/parts.ts'
import type { Limitation } from '../../src/report/diagnosis.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import { baseOf, type ServerOverride } from '../../src/workflow/server.ts'
import { askOnce } from '../server/ask.ts'
import { hasPort } from '../server/options.ts'
import { serversFor } from '../server/servers-for.ts'
import { readServers } from '../server/several.ts'
import { type RunningServer, ServerStartError, startServer } from '../server/start.ts'
import type { DoctorProject } from './configuration.ts'

/** Destination of a project's requests. */
interface OpenApplication {
  servers: ServerOverride
  /** Applications that were started, and ones that ran already. */
  running: readonly RunningServer[]
  /** Whether a request may be sent. */
  isThere: boolean
  limitations: readonly Limitation[]
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
  const { server, servers } = options
  if (server === undefined) return { servers, running: [], isThere: !isOffline, limitations: [], stop: async () => {} }
  const plans = readServers(server, root)
  const running: (Place & { server: RunningServer })[] = []
  const stop = async () => {
    for (const { server } of running.toReversed()) await server.stop()
  }
  const nowhere = (limitations: Limitation[]) => {
    const places = plans.map(({ name, options: { url } }) => ({ name, origin: isHttp(url) ? ANY_ORIGIN : ANY_TCP }))
    return { servers: serversFor(servers, places), running: [], isThere: false, limitations, stop }
  }
  if (isOffline) return nowhere([])
  try {
    for (const { name, options: read } of plans) {
      const around = { name, others: [...running], environment: environment(files) }
      const wanted = { ...read, reuseExisting: !hasPort(read.url) }
      const server = await startServer(wanted, undefined, around)
      running.push({ name, origin: server.origin, server })
    }
    const started = running.map(({ server }) => server)
    return { servers: serversFor(servers, running), running: started, isThere: true, limitations: [], stop }
  } catch (error) {
    const { message } = error instanceof ServerStartError ? error.masked(text => secrets.mask(text)) : (error as Error)
    return nowhere([{ severity: 'error', message, at: placeInFile(configFile, 'server') }])
  }
}

/** Addresses of operations at which nothing responds; only this machine and hosts of `allowHosts` are asked. */
export async function silentAddresses(
  suites: readonly Suite[],
  { options, configFile }: DoctorProject,
  servers: ServerOverride,
): Promise<Limitation[]> {
  const bases = suites.flatMap(({ workflow }) =>
    workflow.steps.flatMap(({ target }) =>
      target.kind === 'operation' ? [baseOf(target.operation, target.source, servers)] : [],
    ),
  )
  const found: Limitation[] = []
  for (const origin of new Set(bases.flatMap(base => ('found' in base ? [] : base.origin)))) {
    const isAllowed = await assertAllowed([{ url: origin, verb: 'ask' }], options.allowHosts).then(
      () => true,
      () => false,
    )
    const outcome = isAllowed ? await askOnce(origin, 5_000) : undefined
    if (outcome === undefined || outcome.kind === 'status') continue
    const why = outcome.kind === 'refused' ? 'no process listens there' : 'there was no HTTP response'
    const starts = "server: { command: 'npm start', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } }"
    const hint = options.server === undefined ? `Start it, or let the plugin do that: ${starts}.` : 'Correct `servers`.'
    const at = placeInFile(configFile, 'servers')
    found.push({ severity: 'error', message: failed('reach', origin, why), hint, at })
  }
  return found
}

/** First place of a word in a file, or its beginning. */
export function placeInFile(file: string | undefined, word: string): Location | undefined {
  const text = file === undefined ? undefined : tried(() => readFileSync(file, 'utf8'))
  if (file === undefined || text === undefined) return undefined
  const lines = text.split('\n')
  const line = lines.findIndex(one => one.includes(word))
  return line < 0 ? { file, line: 1, column: 1 } : { file, line: line + 1, column: lines[line]!.indexOf(word) + 1 }
}
