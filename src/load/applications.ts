import { once } from 'node:events'
import { connect } from 'node:net'
import { asUserError, failed, failure } from '../ground/fault.ts'
import { stackOf } from '../ground/stack.ts'
import type { Milliseconds } from '../ground/units.ts'
import { quoted } from '../ground/words.ts'
import { portOf, unknownApplication } from './plan/addresses.ts'

/** An application under test that the plugin has started, or found. */
export interface Application {
  /** Name in the plugin's `server`; empty for a single application without a name. */
  readonly name: string
  /** Its address, without the path of the readiness check: `http://127.0.0.1:4711`. */
  readonly url: string
  /** The port of `url`. */
  readonly port: number
  /** Its own process, which listens there, not npm or a shell around it. Unknown for some that were there before. */
  readonly pid: number | undefined
  /**
   * Output of the application, standard output and error in the order of arrival: the last 64,000 characters, secrets
   * masked. Rejects for an application that was already running, and if Vitest has ended.
   */
  log(): Promise<string>
}

interface KnownApplication {
  name?: string
  url: string
  pid?: number
  /** The output of an application that was already running is unknown. */
  hasLog: boolean
}

/** Applications that a thread knows. Plain data, because it is sent to threads. */
export interface KnownApplications {
  all: readonly KnownApplication[]
  /** Absent if no process collects their output. */
  logs?: LogAddress
  /** Reason why one of them did not start, and its log. */
  failure?: string
}

// A user's module may have another copy of this one than who makes them known.
const key = Symbol.for('vitest-arazzo.applications')
const global = globalThis as { [key]?: { known: KnownApplications; onUse: () => void } }

/** @param onUse called whenever code uses one of them. */
export function setKnownApplications(known: KnownApplications, onUse: () => void = () => {}): void {
  global[key] = { known, onUse }
}

/** Undefined if none were set, as outside of Vitest. */
export function knownApplications(): KnownApplications | undefined {
  return global[key]?.known
}

/**
 * Application under test that the plugin has started: its address, process and log. Available in test files, setup
 * files, functions that make inputs, and channels, also under load. Throws without an application, for a missing or
 * unknown name, and (with its log) if it did not start.
 *
 * @param name needed if the plugin starts several.
 *
 * @example await fetch(`${application('api').url}/pets`)
 */
export function application(name?: string): Application {
  const { known, onUse } = global[key] ?? {}
  const what = name === undefined ? 'the application' : `application "${name}"`
  if (known === undefined) {
    const advice = 'Ask in a test file, a setup file, a function that makes inputs, or a module of channels.'
    throw failure('find', what, 'this does not run within a test of Vitest that has the plugin', advice)
  }
  onUse?.()
  if (known.failure !== undefined) throw notStarted(known.failure)
  const names = known.all.flatMap(one => one.name ?? [])
  const [only, ...others] = known.all
  if (only === undefined) {
    const advice = "Write how: arazzo({ server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/' } })."
    throw failure('find', what, 'the plugin starts none', advice)
  }
  if (name === undefined && others.length > 0)
    throw failure('find', what, `there are ${quoted(names)}`, `Write which: application('${names[0]}').`)
  const found = name === undefined ? only : known.all.find(one => one.name === name)
  if (found !== undefined) return shown(found, known)
  const wrong = unknownApplication(name!, names)
  throw failure('find', what, names.length === 0 ? 'the only one has no name' : wrong.found, wrong.advice)
}

function shown({ name, url, pid, hasLog }: KnownApplication, { logs }: KnownApplications): Application {
  const whose = name === undefined ? 'of the application' : `of application "${name}"`
  return {
    name: name ?? '',
    url,
    port: Number(portOf(url)),
    pid,
    async log() {
      if (!hasLog) throw failure('read', `the log ${whose}`, 'it was there before Vitest', 'Let the plugin start it.')
      if (logs === undefined) throw failure('read', `the log ${whose}`, 'no process collects it here')
      try {
        return await readLog(logs, name)
      } catch (cause) {
        const text = failed('read', `the log ${whose}`, 'the connection to Vitest was lost')
        throw asUserError(new Error(text, { cause }))
      }
    },
  }
}

/** Error without a stack of this package, which would not help the reader. */
function notStarted(failure: string): Error {
  const error = asUserError(new Error(failure))
  error.name = 'ServerStartError'
  error.stack = stackOf(error.name, failure)
  return error
}

/** Source of application logs: the process that runs Vitest, which requires the token. */
interface LogAddress {
  port: number
  token: string
  /** Name of the Vitest project whose applications are meant. */
  project: string
}

/** Part of an application's output; with `more`, others follow. */
export interface LogPiece {
  text: string
  more?: true
}

/**
 * Output of an application since a time of `systemTime`, secrets masked. Rejects without a response.
 *
 * @param application its name; absent for a single one without a name.
 */
export async function readLog(
  { port, token, project }: LogAddress,
  application: string | undefined,
  since: Milliseconds = 0,
): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('utf8')
  try {
    await once(socket, 'connect')
    for (const line of [
      { tell: 'token', token },
      { tell: 'log?', project, application, since },
    ])
      socket.write(`${JSON.stringify(line)}\n`)
    let rest = ''
    let log = ''
    for await (const chunk of socket) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { text, more } = JSON.parse(line) as LogPiece
        log += text
        if (!more) return log
      }
    }
    throw new Error('the connection was closed')
  } finally {
    socket.destroy()
  }
}
