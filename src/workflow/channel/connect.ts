import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { asUserError, failed, failure } from '../../ground/fault.ts'
import { grouped } from '../../ground/group.ts'
import type { ChannelConnection, ChannelsOption, ChannelTransport, ChannelUse } from './transport.ts'

/** Imports a module by its absolute path; a host that has a loader of its own brings it. */
export type ImportModule = (file: string) => Promise<unknown>

/** Imports as Node does. */
export const importNatively: ImportModule = file => import(pathToFileURL(file).href)

/** Sources with a transport: all, or those of these names. */
export type Connected = 'all' | readonly string[] | undefined

export function connectedBy(option: ChannelsOption | undefined): Connected {
  if (option === undefined) return undefined
  return isConnection(option) ? 'all' : Object.keys(option)
}

/** The option with each part of it made into another. */
export function mapConnections<T>(
  option: ChannelsOption,
  map: (connection: ChannelConnection) => T,
): T | Record<string, T> {
  if (isConnection(option)) return map(option)
  return Object.fromEntries(Object.entries(option).map(([source, one]) => [source, map(one)]))
}

/** Paths of modules made absolute; what is not a path stays. */
export function withAbsolutePaths(option: ChannelsOption, folder: string): ChannelsOption {
  return mapConnections(option, connection =>
    typeof connection === 'string' || connection instanceof URL ? pathOf(connection, folder) : connection,
  )
}

function pathOf(connection: string | URL, folder: string): string {
  const isUrl = connection instanceof URL || connection.startsWith('file:')
  return isUrl ? fileURLToPath(connection) : resolve(folder, connection)
}

function isConnection(option: ChannelsOption): option is ChannelConnection {
  return typeof option === 'string' || option instanceof URL || typeof option === 'function' || isTransport(option)
}

function isTransport(value: unknown): value is ChannelTransport {
  if (typeof value !== 'object' || value === null) return false
  const { send, receive } = value as Partial<ChannelTransport>
  return typeof send === 'function' && typeof receive === 'function'
}

/** The transports of one run, or of one thread of load. */
export class Channels {
  readonly #option: ChannelsOption
  readonly #import: ImportModule
  readonly #made: ChannelTransport[] = []
  readonly #ready = new Map<ChannelConnection, ChannelTransport>()

  constructor(option: ChannelsOption, importModule: ImportModule = importNatively) {
    this.#option = option
    this.#import = importModule
  }

  of(source: string): ChannelTransport | undefined {
    const connection = this.#connectionOf(source)
    return connection === undefined ? undefined : this.#ready.get(connection)
  }

  /** Imports, creates and opens every transport that these uses need. Rejects with the fault of one. */
  async open(uses: readonly ChannelUse[]): Promise<void> {
    for (const [connection, its] of grouped(uses, use => this.#connectionOf(use.source))) {
      const transport = await this.#make(connection)
      this.#ready.set(connection, transport)
      await transport.open?.(its)
    }
  }

  /** Closes those that a function made; who brought one ready-made may still want it. */
  async close(): Promise<void> {
    for (const transport of this.#made.splice(0)) await transport.close?.()
  }

  #connectionOf(source: string): ChannelConnection | undefined {
    const option = this.#option
    if (isConnection(option)) return option
    return Object.hasOwn(option, source) ? option[source] : undefined
  }

  async #make(connection: ChannelConnection): Promise<ChannelTransport> {
    const isModule = typeof connection === 'string' || connection instanceof URL
    const what = isModule ? await this.#load(pathOf(connection, process.cwd())) : connection
    const name = isModule ? `of ${String(connection)}` : 'in the option'
    if (typeof what !== 'function') return checked(what, name)
    const transport = checked(await what(), name)
    this.#made.push(transport)
    return transport
  }

  async #load(file: string): Promise<unknown> {
    if (!existsSync(file)) throw failure('import', 'channels', `${file} does not exist`)
    let module: unknown
    try {
      module = await this.#import(file)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const advice =
        code === 'ERR_UNKNOWN_FILE_EXTENSION'
          ? `Node ${process.versions.node} runs no TypeScript: write the module in JavaScript.`
          : undefined
      const text = failed('import', `channels from ${file}`, message.split('\n', 1)[0]!, advice)
      // The cause shows where it went wrong.
      throw asUserError(Object.assign(new Error(text, { cause: error }), { stack: `Error: ${text}` }))
    }
    return (module as { default?: unknown }).default
  }
}

function checked(value: unknown, name: string): ChannelTransport {
  if (isTransport(value)) return value
  const found = value === undefined ? 'there is no default export' : 'it has no `send` and `receive`'
  const advice = 'Export a transport as default, or a function that makes one.'
  throw failure('use', `the channels ${name}`, found, advice)
}
