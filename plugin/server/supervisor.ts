import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { sleep } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import { systemTime } from '../../src/measure/clock.ts'
import type { FamilyRecord } from '../../src/measure/family-record.ts'
import type { Exit } from './output-tail.ts'
import { listenersAt, portOwnerOf } from './port-owner.ts'
import {
  endFamily,
  type FamilyMarks,
  familyMarksOf,
  membersOf,
  outputsOf,
  type ProcessFamily,
  strayed,
} from './process-family.ts'
import { nameOf } from './record.ts'
import type { News, Order } from './supervised.ts'

/*
 * Stands between Vitest and the application, in a session of its own, so that no signal meant for Vitest ends it.
 * Its one tie is the IPC channel: the kernel closes that when Vitest ends, however it ends, and then the application
 * is ended as it would have been by Vitest: with time to shut down, unless that time runs already.
 */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// The reader has ended.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const [, , record = ''] = process.argv
/** Time between two looks at the family, at first and at last; daemons begin when their application does. */
const [OFTEN, SELDOM] = [50, 2000]
/** The pause from which on a look is at ports, too: the kernel takes 8 ms to list them. */
const LISTING = 200

let family: ProcessFamily | undefined
/** Whether nothing of the family is left. */
let isGone = true
/** Processes that had left it at its end. */
let left: Pick<Exit, 'strays' | 'remains'> = {}
let ending: Promise<void> | undefined
/** Grace of an application that Vitest leaves behind. */
let graceAlone = 0
let isHurried = false

process.on('message', (message: Order) => {
  if (message.order === 'start') return start(message)
  isHurried = ending !== undefined && message.grace === 0
  void end(message.grace)
})

process.on('disconnect', async () => {
  // Asked to end already: a second request (Ctrl-C twice) must not wait.
  isHurried = ending !== undefined
  await end(graceAlone)
  process.exit()
})

function start({ command, cwd, env, mark, port, scratch = [], grace }: Extract<Order, { order: 'start' }>): void {
  graceAlone = grace
  const kin = familyMarksOf(process.pid, process.ppid, port)
  // Before the command begins: from then on there is something to find.
  const keeper = kin && tried(() => new RecordKeeper(record, { mark, scratch }, kin))
  process.on('exit', () => isGone && keeper?.remove())
  for (const path of scratch) {
    const fault = makeFolder(path)
    if (fault !== undefined) return report({ news: 'not started', reason: fault })
  }
  // A group of its own (`detached`), apart from this process, which has to outlive it.
  const shell = spawn(command, {
    shell: true,
    cwd,
    env,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const isRead = Promise.all([forward(shell.stdout, process.stdout), forward(shell.stderr, process.stderr)])
  shell.on('error', error => report({ news: 'not started', reason: error.message }))
  // At once, not on `spawn`: Vitest may end in between.
  if (shell.pid !== undefined) [family, isGone] = [{ pid: shell.pid, mark, kin }, false]
  if (family) keeper?.begin(family.pid)
  if (keeper) void watch(keeper)
  shell.on('spawn', () => report({ news: 'started', pid: shell.pid! }))
  shell.on('exit', async (code, signal) => {
    // After a stop request, the application may outlive its shell during its grace period. Otherwise all processes end.
    await (ending ?? end(0))
    family = undefined
    // For a limited time: a process that could not be ended may keep the pipes open.
    await Promise.race([isRead, sleep(500)])
    report({ news: 'ended', code, signal, ...left })
    if (process.connected) process.disconnect()
  })
}

/** Keeps the record of one family. */
class RecordKeeper {
  readonly #path: string
  readonly #kin: FamilyMarks
  readonly #told = new Map<number, number>()
  #listener: number | undefined
  /** Stranger at the port as of the last look, and as it was noted down. */
  #found: string | null = null
  #elsewhere: string | null = null

  /** Throws where it cannot be written. */
  constructor(path: string, { mark, scratch }: Pick<FamilyRecord, 'mark' | 'scratch'>, kin: FamilyMarks) {
    this.#path = path
    this.#kin = kin
    const { seen: _, ...rest } = kin
    const first = { supervisor: process.pid, mark, scratch, ...rest }
    writeFileSync(path, `${JSON.stringify(first)}\n`, { mode: 0o600, flag: 'wx' })
  }

  /** Notes down the output of the shell. */
  begin(pid: number): void {
    // A terminal is shared with others.
    this.#kin.outputs = outputsOf(pid).filter(output => /^(?:pipe|socket):/.test(output))
    tried(() => appendFileSync(this.#path, `${JSON.stringify({ outputs: this.#kin.outputs })}\n`))
  }

  /** Notes down who has come since the look before, and who listens at the port. */
  look(family: ProcessFamily, pause: number): void {
    const members = membersOf(family)
    const { port, seen } = this.#kin
    const lines: unknown[] = [...seen].filter(([pid, began]) => this.#told.get(pid) !== began)
    for (const [pid, began] of seen) this.#told.set(pid, began)
    if (port !== undefined && pause >= LISTING && !members.some(({ pid }) => pid === this.#listener)) {
      const listeners = listenersAt(port)
      this.#listener = members.map(({ pid }) => pid).find(listeners.includes)
      const found = this.#listener === undefined && listeners.isAny ? strangerAt(port) : null
      // Seen twice: one of the family may have begun to listen in between.
      if (found !== this.#elsewhere && found === this.#found) lines.push({ elsewhere: found })
      if (found === this.#found) this.#elsewhere = found
      this.#found = found
    }
    tried(() => {
      if (lines.length > 0) appendFileSync(this.#path, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
      else utimesSync(this.#path, systemTime() / 1000, systemTime() / 1000)
    })
  }

  remove(): void {
    rmSync(this.#path, { force: true })
  }
}

/** Name of the process that listens at a port, which is not one of the application. */
function strangerAt(port: number): string {
  const occupant = portOwnerOf(port)
  return occupant === undefined ? 'a process of another user' : nameOf(occupant.pid)
}

/** Makes a folder that is gone when this process is. Returns why it cannot. */
function makeFolder(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    return (error as Error).message
  }
  process.on('exit', () => rmSync(path, { recursive: true, force: true }))
  return undefined
}

/**
 * Forwards output, and keeps reading if the reader has ended. Otherwise an application that writes during its shutdown
 * would be killed (SIGPIPE, EPIPE).
 */
async function forward(from: Readable, to: NodeJS.WritableStream): Promise<void> {
  from.on('data', (chunk: Buffer) => {
    if (process.connected) to.write(chunk)
  })
  await once(from, 'close')
}

/** Ends the whole family: politely, and after `grace` for certain. */
function end(grace: number): Promise<void> {
  ending ??= endAll(grace)
  return ending
}

async function endAll(grace: number): Promise<void> {
  if (family === undefined) return
  const strays = strayed(membersOf(family), family).map(({ pid }) => nameOf(pid))
  isGone = await endFamily(family, grace, () => isHurried)
  const port = family.kin?.port
  const remains = port !== undefined && listenersAt(port).isAny ? strangerAt(port) : undefined
  left = { strays: strays.length > 0 ? strays : undefined, remains }
}

async function watch(keeper: RecordKeeper): Promise<void> {
  for (let pause = OFTEN; family !== undefined; pause = Math.min(SELDOM, pause * 1.25)) {
    keeper.look(family, pause)
    await sleep(pause, undefined, { ref: false })
  }
}

/** The end of Vitest at this moment is handled by another event, and must not end this process with an error. */
function report(news: News): void {
  if (process.connected) process.send?.(news, () => {})
}
