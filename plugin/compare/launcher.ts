import { withoutGit } from '../../src/compare/base/git.ts'
import { nameOf, type Revision } from '../../src/compare/base/revision.ts'
import type { Launch, Side, SideName } from '../../src/compare/pair.ts'
import { given } from '../../src/ground/given.ts'
import type { Secrets } from '../../src/workflow/secrets.ts'
import type { ResolvedServerOptions } from '../server/options.ts'
import { serversFor } from '../server/servers-for.ts'
import { type RunningServer, startServer } from '../server/start.ts'
import { ServerStartError } from '../server/start-error.ts'
import { plainError } from './errors.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'

/** Starts applications for one comparison, and knows which of them run. */
export class Launcher {
  readonly #settings: CompareSettings
  readonly #secrets: Secrets
  readonly #running = new Set<RunningServer>()
  readonly #closing = new AbortController()

  constructor(settings: CompareSettings, secrets: Secrets) {
    this.#settings = settings
    this.#secrets = secrets
  }

  /** @param advice what else to say when it does not start. */
  side(name: SideName, server: ResolvedServerOptions, revision?: Revision, advice?: string): Side {
    const title = revision === undefined ? name : `${name}, ${nameOf(revision)}`
    return { launch: signal => this.#launch(name, server, signal, { title, advice }) }
  }

  /** Ends what runs, and what is about to. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The comparison is over.'))
    await Promise.all([...this.#running].map(server => this.#stop(server)))
  }

  async #launch(
    side: SideName,
    options: ResolvedServerOptions,
    signal: AbortSignal,
    { title, advice }: { title: string; advice: string | undefined },
  ): Promise<Launch> {
    const { room, environment: all, servers } = this.#settings
    const environment = { ...withoutGit(all), [ROOM_VARIABLE]: room }
    const over = AbortSignal.any([signal, this.#closing.signal])
    try {
      const server = await startServer(options, undefined, over, { side, room, environment })
      this.#running.add(server)
      // Closed in the moment in which it was ready.
      if (this.#closing.signal.aborted) await this.#stop(server)
      over.throwIfAborted()
      return given({ servers: serversFor(servers, server.origin), pid: server.pid, stop: () => this.#stop(server) })
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error
      const lines = [`Failed to launch ${title}: it did not start. ${advice ?? ''}`.trim(), '', error.message]
      throw plainError(this.#secrets.mask(lines.join('\n')))
    }
  }

  async #stop(server: RunningServer): Promise<void> {
    await server.stop()
    this.#running.delete(server)
  }
}
