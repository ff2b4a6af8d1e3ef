import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessFamily, signalFamily } from './process-family.ts'
import type { News, Order } from './supervisor-protocol.ts'

/*
 * Stands between Vitest and the application, in a session of its own, so that no signal meant for Vitest ends it.
 * Its one tie is the IPC channel: the kernel closes that when Vitest ends, however it ends, and then the
 * application's processes are killed. The application's output goes to the pipes this process was given.
 */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let family: ProcessFamily | undefined
let ending: Promise<void> | undefined

process.on('message', (message: Order) => {
  if (message.order === 'start') start(message)
  else end(message.grace)
})

process.on('disconnect', () => {
  if (family !== undefined) signalFamily(family, 'SIGKILL')
  process.exit()
})

function start({ command, cwd, env, mark, scratch }: Extract<Order, { order: 'start' }>): void {
  if (scratch !== undefined) process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
  // A group of its own (`detached`), apart from this process, which has to outlive it.
  const shell = spawn(command, {
    shell: true,
    cwd,
    env,
    detached: process.platform !== 'win32',
    stdio: 'inherit',
  })
  shell.on('error', error => tell({ news: 'not started', reason: error.message }))
  // At once, not on `spawn`: Vitest may end in between.
  if (shell.pid !== undefined) family = { pid: shell.pid, mark }
  shell.on('spawn', () => tell({ news: 'started', pid: shell.pid! }))
  shell.on('exit', async (code, signal) => {
    // Told to end, the application may outlive its shell for as long as its grace lasts; otherwise nothing stays.
    await (ending ?? end(0))
    family = undefined
    tell({ news: 'ended', code, signal })
    process.disconnect()
  })
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
  // A process in an uninterruptible call (a dead network disk) may outlast even this; it is not waited for.
  await isGoneWithin(family, 2000)
}

async function isGoneWithin(of: ProcessFamily, time: number): Promise<boolean> {
  const until = performance.now() + time
  while (isAlive(of)) {
    if (performance.now() >= until) return false
    await sleep(20)
  }
  return true
}

function tell(news: News): void {
  if (process.connected) process.send?.(news)
}
