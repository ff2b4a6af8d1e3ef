import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { sleep } from '../../src/ground/timers.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { readRecord } from '../../src/measure/family-record.ts'
import { ours } from '../files.ts'
import { type Exit, OutputTail } from './output-tail.ts'
import { endFamily, familyMarksOf, MARK, membersOf, type ProcessFamily, signalFamily } from './process-family.ts'
import { newRecord } from './record.ts'

interface CommandToSupervise {
  command: string
  cwd: string
  env: Record<string, string | undefined>
  /** The port that it is to listen at. */
  port?: number | undefined
  /** Folders that are made for the command, and go when it has ended. */
  scratch?: readonly string[]
  /** How long it has to shut down by itself when the process that runs Vitest ends. */
  grace: Milliseconds
}

/** Message to the supervisor, from the process that runs Vitest. */
export type Order =
  /** `mark` is `NAME=value`, see {@link ProcessFamily}. */
  | ({ order: 'start'; mark: string } & CommandToSupervise)
  /** SIGTERM, then SIGKILL once `grace` is over. */
  | { order: 'stop'; grace: Milliseconds }

/** Message of the supervisor. */
export type News =
  | { news: 'started'; pid: number }
  | { news: 'not started'; reason: string }
  /** The shell has ended, by itself or on request, and the rest of its family has been ended. */
  | ({ news: 'ended' } & Exit)

/** Supervisors that end the commands if this process ends. A stopped supervisor must be continued for that. */
const supervisors = new Set<ChildProcess>()
process.on('exit', () => {
  if (process.platform !== 'win32') for (const supervisor of supervisors) supervisor.kill('SIGCONT')
})

/** Rejects with the system's reason if not even a shell can be started, for example without `cwd`. */
export async function supervise({
  command,
  cwd,
  env,
  port,
  scratch = [],
  grace,
}: CommandToSupervise): Promise<SupervisedCommand> {
  const id = `${process.pid} ${randomUUID()}`
  // The supervisor itself runs in a directory that exists and without loaders or inspectors meant for this process.
  const { NODE_OPTIONS: _, ...plain } = process.env
  const record = newRecord()
  const supervisor = spawn(process.execPath, [ours('supervisor.js'), record], {
    env: plain,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  })
  const output = new OutputTail()
  for (const stream of outputsOf(supervisor)) output.collect(stream)

  const exit = awaitExit(supervisor)
  exit.catch(() => {})
  const started = awaitStart(supervisor)
  const mark = `${MARK}=${id}`
  give(supervisor, { order: 'start', command, cwd, env: { ...env, [MARK]: id }, mark, port, scratch, grace })
  const pid = await started
  const family = { pid, mark, kin: familyMarksOf(supervisor.pid!, process.pid, port) }
  // A supervisor that was killed has ended no process.
  const ended = exit.then(async ({ byCommand, ...how }) => {
    if (byCommand) return how
    for (const [pid, began] of readRecord(record)?.seen ?? []) family.kin?.seen.set(pid, began)
    await endFamily(family, 0)
    for (const path of [...scratch, record]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    return how
  })
  return new SupervisedCommand(supervisor, family, ended, output)
}

/** A shell command that ends with this process, however this process ends. */
export class SupervisedCommand {
  /** The shell's. */
  readonly pid: number
  /** Resolves once the command and all that it started has ended, and its output is complete. */
  readonly ended: Promise<Exit>
  readonly #supervisor: ChildProcess
  readonly #family: ProcessFamily
  readonly #output: OutputTail

  constructor(supervisor: ChildProcess, family: ProcessFamily, ended: Promise<Exit>, output: OutputTail) {
    this.pid = family.pid
    this.#supervisor = supervisor
    this.#family = family
    this.#output = output
    supervisors.add(supervisor)
    this.ended = ended
    ended.then(() => supervisors.delete(supervisor)).catch(() => {})
  }

  /** @param since as of OutputTail.text. */
  output(since?: Milliseconds): string {
    return this.#output.text(since)
  }

  /** Whether a process is the command's or was started by it, however far down. */
  owns(pid: number): boolean {
    return membersOf(this.#family).some(member => member.pid === pid)
  }

  /** SIGTERM, then SIGKILL after `grace`. Resolves when nothing is left. */
  async stop(grace: Milliseconds): Promise<void> {
    give(this.#supervisor, { order: 'stop', grace })
    // The supervisor needs the grace and a little; one that was itself stopped (SIGSTOP) is not waited for.
    if (!(await isWithin(this.ended, grace + 3000))) {
      signalFamily(this.#family, 'SIGKILL')
      this.#supervisor.kill('SIGKILL')
    }
    await this.ended
  }

  /** Keeps this process alive no longer; the command still ends with it. */
  unref(): void {
    this.#supervisor.unref()
    this.#supervisor.channel?.unref()
    for (const stream of outputsOf(this.#supervisor)) stream.unref()
  }
}

/** `byCommand`: whether this is the command's exit, reported by the supervisor, or the supervisor's own. */
type ToldExit = Exit & { byCommand: boolean }

function awaitStart(supervisor: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    supervisor.once('message', (message: News) => {
      if (message.news === 'started') resolve(message.pid)
      else reject(new Error(message.news === 'not started' ? message.reason : 'it ended at once'))
      if (message.news === 'not started') supervisor.disconnect()
    })
    supervisor.once('error', reject)
    supervisor.once('exit', () => reject(new Error('its supervisor ended at once')))
  })
}

async function awaitExit(supervisor: ChildProcess): Promise<ToldExit> {
  let told: ToldExit | undefined
  supervisor.on('message', (message: News) => {
    if (message.news !== 'ended') return
    const { news: _, ...how } = message
    told = { ...how, byCommand: true }
  })
  const [code, signal] = (await once(supervisor, 'exit')) as [Exit['code'], Exit['signal']]
  // Its last message may still be in the channel, and the command's last output in the pipes.
  if (supervisor.connected) await once(supervisor, 'disconnect')
  await drain(outputsOf(supervisor))
  return told ?? { code, signal, byCommand: false }
}

/** Reads the remaining output, for a limited time: a process that could not be ended may keep the pipes open. */
async function drain(streams: Socket[]): Promise<void> {
  const open = streams.filter(stream => !stream.closed)
  await isWithin(Promise.allSettled(open.map(stream => once(stream, 'close'))), 500)
  for (const stream of streams) stream.destroy()
}

async function isWithin(promise: Promise<unknown>, time: Milliseconds): Promise<boolean> {
  const over = new AbortController()
  const done = promise.then(() => true)
  try {
    return await Promise.race([done, sleep(time, false, { signal: over.signal })])
  } finally {
    over.abort()
  }
}

const outputsOf = (supervisor: ChildProcess): Socket[] => [supervisor.stdout as Socket, supervisor.stderr as Socket]

function give(supervisor: ChildProcess, order: Order): void {
  // The process has ended already, so an exit event follows.
  if (supervisor.connected) supervisor.send(order, () => {})
}
