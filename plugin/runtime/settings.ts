import { inject } from 'vitest'
import { asUserError } from '../../src/ground/fault.ts'
import { pick } from '../../src/ground/object.ts'
import { stackOf } from '../../src/ground/stack.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { KnownApplications } from '../../src/load/applications.ts'
import type { SuiteHook } from '../../src/load/suites/hooks.ts'
import { CONDUCT, type ConductKey } from '../../src/workflow/conduct.ts'
import type { RunOptions } from '../../src/workflow/functional.ts'
import { reachedOut } from '../coordinator/client.ts'
import type { ArazzoOptions, AS_WRITTEN } from '../options.ts'
import type { ProvidedApp } from '../server/servers.ts'
import { serversFor } from '../server/servers-for.ts'
import type { ExpectedApplication } from '../server/several.ts'

/** How requests are made and responses judged. */
type Conduct = Pick<RunOptions, ConductKey | 'channels'>

/** The plugin's options as tests need them: they cross from the process that runs Vitest to its workers. */
export interface Settings extends Pick<ArazzoOptions, (typeof AS_WRITTEN)[number] | 'agents' | 'channels'> {
  /** Setups and teardowns of all documents. */
  hooks?: readonly SuiteHook[]
  /** Folder for the files of load tests; absent if they write no files. */
  reports?: { folder: string; root: string; keep?: number }
  /** Port of a page with metrics of load tests. */
  metrics?: number | undefined
  /** When the plugin starts applications under test: which, and whether they may be restarted. */
  server?: { applications: readonly ExpectedApplication[]; isWatched: boolean }
  /** How long an attempt at a step may take that declares no timeout: Vitest's `testTimeout`. */
  testTimeout: Milliseconds
  /** Tags that Vitest's configuration declares; absent where it takes any. */
  tags?: readonly string[]
}

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:settings': Settings
    /** Fault of the plugin's configuration if it cannot be read. There are no settings then. */
    'vitest-arazzo:fault': string | undefined
  }
}

/** Undefined if the plugin is not in Vitest's configuration. Throws its fault. */
export function settings(): Settings | undefined {
  const fault = configurationError()
  if (fault !== undefined) throw fault
  return knownSettings()
}

/** The settings as far as there are any, without a need for them. */
export function knownSettings(): Settings | undefined {
  return inject('vitest-arazzo:settings')
}

/** Why the plugin's configuration cannot be read: the error by which every document and load test fails. */
export function configurationError(): Error | undefined {
  const fault = inject('vitest-arazzo:fault')
  return fault === undefined ? undefined : withoutFrames('ConfigurationError', fault)
}

/**
 * Error without a stack of this package, which would not help the reader.
 *
 * @param evidence lines that Vitest shows below the message.
 */
function withoutFrames(name: string, message: string, evidence: readonly string[] = []): Error {
  const error = asUserError(new Error(message))
  error.name = name
  error.stack = stackOf(name, [message, ...(evidence.length > 0 ? ['', ...evidence] : [])].join('\n'))
  // Vitest prints an existing `diff` unchanged next to the message. JUnit files contain the whole message.
  return evidence.length > 0 ? Object.assign(error, { diff: evidence.join('\n') }) : error
}

/** Options of every suite of a load test: without time-outs, for others' load tests may have to be waited for. */
export function loadSuiteOptions() {
  // The tag is defined by the plugin. Without it Vitest refuses the tag.
  const isKnown = knownSettings() !== undefined || configurationError() !== undefined
  const tags = isKnown ? { tags: ['load'] } : {}
  return { concurrent: false, shuffle: false, timeout: 0, retry: 0, repeats: 0, ...tags } as const
}

export function conduct(): Conduct {
  return pick<Conduct, keyof Conduct>(settings() ?? {}, [...CONDUCT, 'channels'])
}

type Servers = string | Record<string, string>

/**
 * The applications under test that the plugin has started. Throws with its log when one could not be started (again).
 */
export function startedApplications(): readonly ProvidedApp[] {
  const failure = startError()
  if (failure !== undefined) throw failure
  const apps = knownApplications()
  if (apps.length > 0) reachedOut()
  return apps
}

/** Gives the applications, without a need for them: none where one could not be started, too. */
export function knownApplications(): readonly ProvidedApp[] {
  return inject('vitest-arazzo:applications') ?? []
}

/** Why an application could not be started: the error by which every document and load test fails. */
export function startError(): Error | undefined {
  const [failure] = inject('vitest-arazzo:failure') ?? []
  return failure === undefined ? undefined : withoutFrames('ServerStartError', failure.message, failure.log)
}

/** Applications that the tests of a file can use. */
export function applicationsHere(): KnownApplications {
  const all = knownApplications().map(({ name, origin, own, isReused }): KnownApplications['all'][number] => ({
    name,
    url: origin,
    pid: own,
    hasLog: !isReused,
  }))
  const [failure] = inject('vitest-arazzo:failure') ?? []
  const told = failure && [failure.message, '', ...failure.log].join('\n').trimEnd()
  return { all, logs: inject('vitest-arazzo:coordinator'), failure: told }
}

/** Default destination of requests. */
export function defaultServers(): Servers | undefined {
  return serversFor(settings()?.servers, startedApplications())
}
