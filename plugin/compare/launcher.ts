import { nameOf, type Revision } from '../../src/compare/base/revision.ts'
import type { Traits } from '../../src/compare/differences.ts'
import type { Launch, LaunchEnd, Side, SideName } from '../../src/compare/pair.ts'
import { ended } from '../../src/ground/fault.ts'
import { withoutGit } from '../../src/ground/git.ts'
import { given } from '../../src/ground/given.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import { describeExit } from '../server/exit.ts'
import { leftNotice } from '../server/notices.ts'
import type { ResolvedServerOptions } from '../server/options.ts'
import { errorsIn, quotedLines } from '../server/output-tail.ts'
import { serversFor } from '../server/servers-for.ts'
import { type RunningServer, startServer } from '../server/start.ts'
import { ServerStartError } from '../server/start-error.ts'
import { plainError } from './errors.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'
import { traitsOf } from './traits.ts'

interface About {
  revision?: Revision | undefined
  /** What else to say when it does not start. */
  advice?: string | undefined
  /** Instead of the environment of the process that runs Vitest. */
  environment?: CompareSettings['environment'] | undefined
}

/** Starts applications for one comparison, and knows which of them run. */
export class Launcher {
  /** Notices of processes that launches have left. */
  readonly notes: string[] = []
  readonly #settings: CompareSettings
  readonly #secrets: Secrets
  readonly #running = new Map<RunningServer, SideName>()
  /** Sides of which such a notice is there: each launch of one leaves the same. */
  readonly #noted = new Set<SideName>()
  readonly #closing = new AbortController()
  /** Traits of each side, read at its first launch. */
  readonly #traits: Partial<Record<SideName, Promise<Traits>>> = {}

  constructor(settings: CompareSettings, secrets: Secrets) {
    this.#settings = settings
    this.#secrets = secrets
  }

  side(name: SideName, server: ResolvedServerOptions, about: About = {}): Side {
    return { launch: signal => this.#launch(name, server, signal, about) }
  }

  /** Ends what runs, and what is about to. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The comparison is over.'))
    await Promise.all([...this.#running.keys()].map(server => this.#stop(server)))
  }

  async #launch(
    side: SideName,
    options: ResolvedServerOptions,
    signal: AbortSignal,
    { revision, advice, environment: all = this.#settings.environment }: About,
  ): Promise<Launch> {
    const { room, servers } = this.#settings
    const environment = { ...withoutGit(all), [ROOM_VARIABLE]: room }
    const title = revision === undefined ? side : `${side}, ${nameOf(revision)}`
    const over = AbortSignal.any([signal, this.#closing.signal])
    try {
      const server = await startServer(options, undefined, over, { side, room, environment })
      this.#running.set(server, side)
      // Closed in the moment in which it was ready.
      if (this.#closing.signal.aborted) await this.#stop(server)
      over.throwIfAborted()
      return given({
        servers: serversFor(servers, [{ origin: server.origin }]),
        pid: isMeasurable(server) ? server.pid : undefined,
        traits: await this.#traitsOf(side, server, options.cwd),
        ended: () => this.#endOf(server),
        stop: () => this.#stop(server),
      })
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error
      const { message, log } = error.masked(text => this.#secrets.mask(text))
      const found = ['it did not start', ...errorsIn(log)].join(': ')
      const head = `Failed to launch ${title}: ${ended(found)} ${advice ?? ''}`.trim()
      throw plainError(`${this.#secrets.mask(head)}\n\n${message}`)
    }
  }

  #traitsOf(side: SideName, { listener, pid }: RunningServer, folder: string): Promise<Traits> {
    const traits = this.#traits[side] ?? traitsOf(listener ?? pid, folder)
    this.#traits[side] = traits
    return traits
  }

  async #endOf(server: RunningServer): Promise<LaunchEnd> {
    const exit = await server.ended
    return { how: describeExit(exit), output: quotedLines(this.#secrets.mask(server.output())) }
  }

  async #stop(server: RunningServer): Promise<void> {
    const side = this.#running.get(server)
    await server.stop()
    this.#running.delete(server)
    const notice = leftNotice(await server.ended, side)
    if (side === undefined || notice.length === 0 || this.#noted.has(side)) return
    this.#noted.add(side)
    this.notes.push(...notice.map(line => this.#secrets.mask(line.replace(/\.$/, ''))))
  }
}

/** Whether the process that responds is one of the command's, as far as that can be known. */
const isMeasurable = ({ listener }: RunningServer) => listener !== undefined || process.platform !== 'linux'
