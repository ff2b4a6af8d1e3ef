import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { suggestion } from '../ground/errors.ts'
import { plainLines } from '../ground/plain.ts'
import { setTimeout } from '../ground/timers.ts'
import { type Milliseconds, parseBytes, parseDuration, UnitError } from '../ground/units.ts'
import { quoted } from '../ground/words.ts'
import { type Limits, limitsOf } from '../hosts/agent/limits.ts'
import { serveAgent } from '../hosts/agent/serve.ts'
import type { Rights } from '../hosts/agent/share-run.ts'
import type { BusOptions } from '../hosts/bus.ts'
import { usableCores } from '../load/plan/cores.ts'
import { wallTime } from '../measure/machine-watch.ts'
import { type Command, type Flags, misuse, PASSED, wholeNumber } from './flags.ts'
import { natsUser } from './nats.ts'

/** How long what is left may take to be written. */
const LINGER: Milliseconds = 300

export const agent: Command = {
  usage: 'agent --nats <address> [flags]',
  text: 'run shares of load tests that others start, one run at a time; ends after SIGTERM',
  flags: {
    nats: { value: 'address', text: 'the NATS server: nats://host:4222, or tls://…' },
    creds: {
      value: 'file',
      text: 'credentials of a NATS user; or NATS_CREDS with their text, or NATS_USER, NATS_PASSWORD',
    },
    ca: { value: 'file', text: 'certificate of the authority that the NATS server is trusted by' },
    name: { value: 'name', text: 'unique among the agents: letters, digits, - and _ (default: name of the host)' },
    threads: { value: 'number', text: 'threads of each load (default: cores of this machine)' },
    'allow-host': { value: 'name', text: 'a host other than this machine that it may load', isList: true },
    'allow-env': { value: 'name', text: 'a variable of its environment that plans may read', isList: true },
    'allow-files': { value: 'folder', text: 'a folder whose files plans may read', isList: true },
    'allow-modules': { text: 'import modules of channels that plans name' },
    limit: {
      value: 'name=value',
      text: 'the most that a load may take: threads, vus, rows, memory, duration, compile or plan (its size)',
      isList: true,
    },
    once: { text: 'end after one run' },
    'health-port': { value: 'port', text: 'port of 127.0.0.1 that tells its state at /health' },
  },
  examples: ['agent --nats nats://nats.example:4222 --name eu-1 --allow-host api.example.com'],
  async run(flags) {
    const [drain, end] = [new AbortController(), new AbortController()]
    // The second signal ends it at once.
    const onSignal = () => (drain.signal.aborted ? end : drain).abort()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
    try {
      await serveAgent({
        bus: busOf(flags),
        name: nameOf(flags),
        threads: flags.number('threads') ?? usableCores(),
        rights: rightsOf(flags),
        once: flags.isOn('once'),
        healthPort: flags.port('health-port'),
        drain: drain.signal,
        end: end.signal,
        log: (line: string) => console.log(`${moment()} ${plainLines(line)}`),
      })
    } finally {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal)
    }
    // A connection that is being made cannot be cancelled, and would keep the process for as long.
    if (drain.signal.aborted) setTimeout(() => process.exit(PASSED), LINGER).unref()
    return PASSED
  },
}

function busOf(flags: Flags): BusOptions {
  const nats = flags.text('nats')
  if (nats === undefined) throw misuse('start', 'an agent', 'no NATS server is named', 'Add --nats nats://host:4222.')
  const ca = flags.text('ca')
  // With an authority it is TLS that is meant.
  return { nats: ca === undefined ? nats : nats.replace(/^nats:/, 'tls:'), ca, ...natsUser(flags.text('creds')) }
}

function rightsOf(flags: Flags): Rights {
  const reach = { variables: flags.list('allow-env'), folders: flags.list('allow-files').map(folderOf) }
  const limits = limitsOf(Object.fromEntries(flags.list('limit').map(limitOf)))
  return { allowHosts: flags.list('allow-host'), allowModules: flags.isOn('allow-modules'), reach, limits }
}

function folderOf(written: string): string {
  if (statSync(written, { throwIfNoEntry: false })?.isDirectory()) return resolve(written)
  throw misuse('read', '--allow-files', `there is no folder ${resolve(written)}`, 'Correct the path.')
}

const LIMITS: Record<keyof Limits, (value: string) => number> = {
  threads: value => wholeNumber('limit', value),
  vus: value => wholeNumber('limit', value),
  rows: value => wholeNumber('limit', value),
  memory: parseBytes,
  duration: parseDuration,
  compile: parseDuration,
  plan: parseBytes,
}

/** `vus=500`. */
function limitOf(written: string): [string, number] {
  const [name = '', value = ''] = written.split(/=(.*)/s)
  const read = Object.entries(LIMITS).find(([known]) => known === name)?.[1]
  if (read === undefined) {
    const meant = suggestion(name, Object.keys(LIMITS)) ?? `Write one of ${quoted(Object.keys(LIMITS))}.`
    throw misuse('read', '--limit', `there is no limit "${name}"`, meant)
  }
  try {
    return [name, read(value)]
  } catch (error) {
    if (!(error instanceof UnitError)) throw error
    throw misuse('read', `--limit ${name}`, error.found, error.advice)
  }
}

/** `2026-07-28T09:30:05Z`. */
const moment = () => new Date(wallTime()).toISOString().replace(/\.\d+/, '')

/** A word of NATS subjects has no dot, no space and no wildcard. */
function nameOf(flags: Flags): string {
  const name = flags.text('name') ?? hostname().replaceAll(/[^\w-]/g, '-')
  if (/^[\w-]{1,64}$/.test(name)) return name
  throw misuse('read', '--name', `it is "${name}"`, 'Use up to 64 letters, digits, - and _.')
}
