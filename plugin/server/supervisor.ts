import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'
import { sleep } from '../../src/ground/timers.ts'
import { livesOf, type ProcessFamily, signalFamily } from './process-family.ts'
import type { News, Order } from './supervisor-protocol.ts'

/*
 * Stands between Vitest and the application, in a session of its own, so that no signal meant for Vitest ends it.
 * Its one tie is the IPC channel: the kernel closes that when Vitest ends, however it ends, and then the application
 * is ended as it would have been by Vitest: with time to shut down, unless that time runs already.
 */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// Nobody reads any more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

let family: ProcessFamily | undefined
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
  // Asked to end already: whoever ends Vitest as well (Ctrl-C twice) does not want to wait.
  isHurried = ending !== undefined
  await end(graceAlone)
  process.exit()
})

function start({ command, cwd, env, mark, scratch, grace }: Extract<Order, { order: 'start' }>): void {
  graceAlone = grace
  for (const path of scratch) {
    const fault = makeFolder(path)
    if (fault !== undefined) return tell({ news: 'not started', reason: fault })
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
  shell.on('error', error => tell({ news: 'not started', reason: error.message }))
  // At once, not on `spawn`: Vitest may end in between.
  if (shell.pid !== undefined) family = { pid: shell.pid, mark }
  shell.on('spawn', () => tell({ news: 'started', pid: shell.pid! }))
  shell.on('exit', async (code, signal) => {
    // Told to end, the application may outlive its shell for as long as its grace lasts; otherwise nothing stays.
    await (ending ?? end(0))
    family = undefined
    // Not for long: a process that nobody could end may keep the pipes open.
    await Promise.race([isRead, sleep(500)])
    tell({ news: 'ended', code, signal })
    if (process.connected) process.disconnect()
  })
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
 * Hands output on, and goes on reading when nobody takes it any more: an application that writes while it shuts down
 * would be ended by that (SIGPIPE, EPIPE) if Vitest's own pipes were its.
 */
async function forward(from: Readable, to: NodeJS.WritableStream): Promise<void> {
  from.on('data', (chunk: Buffer) => {
    if (process.connected) to.write(chunk)
  })
  await once(from, 'close')
}

/** Ends the whole family: politely, and after `grace` for certain. */
function end(grace: number): Promise<void> {
  ending ??= endFamily(grace)
  return ending
}

async function endFamily(grace: number): Promise<void> {
  if (family === undefined) return
  if (grace > 0) {
    signalFamily(family, 'SIGTERM')
    if (await isGoneWithin(family, grace)) return
  }
  signalFamily(family, 'SIGKILL')
  isHurried = false
  // A process in an uninterruptible call (a dead network disk) may outlast even this; it is not waited for.
  await isGoneWithin(family, 2000)
}

async function isGoneWithin(of: ProcessFamily, time: number): Promise<boolean> {
  const until = performance.now() + time
  const isAlive = livesOf(of)
  while (isAlive()) {
    if (performance.now() >= until || isHurried) return false
    await sleep(20)
  }
  return true
}

/** That Vitest has ended in this moment is heard of next, and is not an error that would end this process. */
function tell(news: News): void {
  if (process.connected) process.send?.(news, () => {})
}
