import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { ConnectionOptions, NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { Deferred } from '../ground/deferred.ts'
import { failure } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import { nextTurn, sleep } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import { authorityOf, withDefaults } from '../http/authority.ts'
import type { AgentsOptions } from '../load/plan/agents.ts'

/** How to reach the NATS server, and as whom. */
export interface BusOptions extends Pick<AgentsOptions, 'nats' | 'creds' | 'username' | 'password'> {
  /** Authority that its certificate is trusted by, as the option `ca` says it. */
  ca?: string | undefined
}

/** Receiver of a message that was published on `subject`; a response may be published on `reply`. */
type OnBytes = (bytes: Uint8Array, reply: string | undefined, subject: string) => void

/** Messages over NATS: bytes on subjects. */
export interface Bus {
  /** Name of the connection, for display. */
  readonly name: string
  publish(subject: string, bytes: Uint8Array, reply?: string): void
  /** Returns what ends it. */
  subscribe(subject: string, onBytes: OnBytes): () => void
  /** Rejects without a response in time. */
  request(subject: string, bytes: Uint8Array, within: Milliseconds): Promise<Uint8Array>
  /** Resolves when all published messages have reached the server, and denied ones are known. */
  flush(): Promise<void>
  /** Whether the server is there, as far as is known: one that says no more is known to be gone after seconds. */
  readonly isConnected: boolean
  /** Settles when the connection is closed permanently, with the reason. */
  readonly closed: Promise<Error | undefined>
  /** First operation that the server denied to this user; undefined if it denied none so far. */
  readonly denied: Error | undefined
  /** Resolves with that when it happens. */
  readonly whenDenied: Promise<Error>
  close(): Promise<void>
}

/** Behaviour while a server is not available yet. */
interface Waiting {
  /** How long it is waited for. Default: not at all. */
  wait?: Milliseconds
  /** Ends the wait: at once, it rejects. */
  signal?: AbortSignal | undefined
  /** Called once, with the finding, when waiting begins. */
  onWait?(found: string): void
  /** Called when a server is lost and when it is available again. */
  onChange?(isConnected: boolean): void
}

const CONNECT: Milliseconds = 10_000
/** How long it is rested between two attempts. */
const AGAIN: Milliseconds = 250
const ENDED = 'the wait for it was ended'

/**
 * Connects to NATS; a connection that is lost is opened again for as long as the bus is used. Rejects with a sentence
 * when there is no client (`@nats-io/transport-node`, which who uses agents installs), no server, or no right.
 *
 * @param name what the connection is called, on the server too.
 */
export async function openBus(
  options: BusOptions,
  name: string,
  { wait = 0, signal, onWait, onChange }: Waiting = {},
): Promise<Bus> {
  const { connect, credsAuthenticator } = await client()
  const servers = typeof options.nats === 'string' ? [options.nats] : [...options.nats]
  const creds = credsOf(options)
  const authenticator = creds === undefined ? undefined : credsAuthenticator(new TextEncoder().encode(creds))
  const connectionOptions = given<ConnectionOptions>({
    servers,
    name,
    timeout: CONNECT,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    // A server that is gone without a word is noticed in seconds: by default it takes two pings of two minutes.
    pingInterval: 2_000,
    maxPingOut: 2,
    authenticator,
    user: options.username,
    pass: options.password && variable(options.password.env),
    tls: tlsOptions(servers, options.ca),
  })
  const end = performance.now() + wait
  for (let attempt = 1; ; attempt++)
    try {
      if (signal?.aborted) throw new Error(ENDED)
      return busOf(name, await unlessAborted(connect(connectionOptions), signal), onChange)
    } catch (error) {
      const { found, advice, isFinal } = whyNot((error as Error).message)
      if (isFinal || signal?.aborted || performance.now() >= end)
        throw failure('reach', servers.join(', '), found, advice)
      if (attempt === 1) onWait?.(found)
      // The signal is looked at before the next attempt.
      await sleep(AGAIN, undefined, given({ signal })).catch(() => {})
    }
}

/** Rejects when the signal says so; a connection that comes after that is closed. */
async function unlessAborted(connecting: Promise<NatsConnection>, signal?: AbortSignal): Promise<NatsConnection> {
  if (signal === undefined) return connecting
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error(ENDED))
  })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([connecting, aborted])
  } catch (error) {
    if (signal.aborted) void connecting.then(connection => connection.close()).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function busOf(name: string, connection: NatsConnection, onChange?: Waiting['onChange']): Bus {
  let denied: Error | undefined
  let isConnected = true
  const whenDenied = new Deferred<Error>()
  const watch = async () => {
    for await (const status of connection.status()) {
      if (status.type === (isConnected ? 'disconnect' : 'reconnect')) {
        isConnected = !isConnected
        onChange?.(isConnected)
      }
      if (status.type !== 'error' || status.error.name !== 'PermissionViolationError') continue
      denied ??= deniedOf(status.error as PermissionViolationError)
      whenDenied.resolve(denied)
    }
  }
  void watch()
  return {
    name,
    get denied() {
      return denied
    },
    whenDenied: whenDenied.promise,
    get isConnected() {
      return isConnected
    },
    publish: (subject, bytes, reply) => connection.publish(subject, bytes, given({ reply })),
    subscribe(subject, onBytes) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) onBytes(message.data, message.reply || undefined, message.subject)
        },
      })
      return () => subscription.unsubscribe()
    },
    request: async (subject, bytes, within) => (await connection.request(subject, bytes, { timeout: within })).data,
    async flush() {
      await connection.flush()
      // Denied operations have arrived by now, and are reported in a separate turn.
      await nextTurn()
    },
    closed: connection.closed().then(error => (error instanceof Error ? error : undefined)),
    close: () => connection.close(),
  }
}

function deniedOf({ operation, subject }: PermissionViolationError): Error {
  const found = `its user may not ${operation === 'publish' ? 'publish' : 'subscribe'} to "${subject}"`
  return failure('use', 'NATS', found, 'Give it the rights that docs/guide/hosts.md lists.')
}

function whyNot(message: string): { found: string; advice: string; isFinal: boolean } {
  const final = (found: string, advice: string) => ({ found, advice, isFinal: true })
  if (/parse credentials/.test(message))
    return final('its credentials (creds) are not those of a NATS user', 'Take the file that nsc wrote, whole.')
  if (/authorization|authentication/i.test(message))
    return final('it did not accept the credentials', 'Correct them: creds, or username and password.')
  if (/does not support 'tls'/.test(message))
    return final('it speaks without TLS, and tls is asked for', 'Give it a certificate, or write nats://.')
  if (/certificate|altnames/i.test(message))
    return final(message, 'Write tls://, and name the authority of its certificate: the option ca, or --ca.')
  return { found: message, advice: 'Start nats-server there, or correct the address.', isFinal: false }
}

async function client(): Promise<typeof import('@nats-io/transport-node')> {
  try {
    return await import('@nats-io/transport-node')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const found = 'its client "@nats-io/transport-node" is not installed'
    throw failure('reach', 'NATS', found, 'Install it: npm install --save-dev @nats-io/transport-node.')
  }
}

function credsOf({ creds }: BusOptions): string | undefined {
  if (creds === undefined) return undefined
  if (typeof creds !== 'string') return variable(creds.env)
  try {
    return readFileSync(creds, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'there is no such file' : message
    throw failure('read', creds, found, 'Name the credentials file of a NATS user.')
  }
}

function variable(name: string): string {
  const text = process.env[name]
  if (text) return text
  throw failure('reach', 'NATS', `the environment variable ${name} is not set`, 'Set it, or name another.')
}

/** Options of a connection with TLS; the client passes unknown ones to `tls.connect`. */
interface TlsOptions {
  ca?: string
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined
}

/**
 * TLS for these addresses; undefined without it. If it is requested, a server without it is refused: the client by
 * itself would go on in the open (`tls://` is nothing to it), with the password.
 */
function tlsOptions(servers: readonly string[], ca: string | undefined): TlsOptions | undefined {
  if (!servers.some(server => /^(?:tls|wss):/.test(server))) return undefined
  const addresses = servers.map(hostOf).filter(host => isIP(host) > 0)
  return {
    ...(ca !== undefined && { ca: withDefaults(authorityOf(ca)) }),
    checkServerIdentity(host, certificate) {
      // The client names no address of a server that is one, for which Node.js then takes "localhost".
      const names = host === 'localhost' && addresses.length > 0 ? addresses : [host]
      const faults = names.map(name => checkServerIdentity(name, certificate))
      return faults.includes(undefined) ? undefined : faults[0]
    },
  }
}

function hostOf(server: string): string {
  const { hostname } = new URL(server)
  return hostname.replace(/^\[|\]$/g, '')
}
