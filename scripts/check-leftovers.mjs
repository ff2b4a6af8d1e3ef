/*
 * Kills vitest with SIGKILL in the middle of a load test and looks for what is left: no process may live on, and the
 * application's port must be free. Reads /proc, so Linux only.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { must } from './run.mjs'

if (process.platform !== 'linux') {
  console.log('skipped: reads /proc, which only Linux has')
  process.exit(0)
}

const shop = fileURLToPath(new URL('../examples/shop', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

// Every descendant inherits the mark, whatever group or session it moves to.
const mark = `LEFTOVERS_MARK=${randomUUID()}`
const [name, value] = mark.split('=')
const run = spawn(process.execPath, [vitest, 'run', 'checkout.load.test.ts', '--root', shop], {
  cwd: shop,
  env: { ...process.env, [String(name)]: value, CI: 'true' },
  stdio: ['ignore', 'pipe', 'pipe'],
})
let output = ''
for (const stream of [run.stdout, run.stderr]) stream.on('data', text => (output += text))

const app = await until(
  () => marked().find(pid => commandOf(pid).includes('src/server.js') && portOf(pid)),
  30_000,
)
must(app !== undefined, 'vitest started the application', output)
const port = Number(portOf(Number(app)))
const quiet = ticksOf(Number(app))
const busy = await until(() => ticksOf(Number(app)) > quiet + 10, 30_000)
must(busy === true, 'the load test keeps the application busy', output)
const before = marked()
must(
  run.exitCode === null && before.length >= 3,
  `vitest still runs, with ${before.length} processes in all`,
  output,
)

run.kill('SIGKILL')
await until(() => marked().length === 0, 10_000)
const left = marked().map(pid => `${pid} ${commandOf(pid)}`)
for (const pid of marked()) process.kill(pid, 'SIGKILL')
must(left.length === 0, 'no process is left after SIGKILL of vitest', left.join('\n'))
must(await isFree(port), `port ${port} is free`)

/** Processes that carry the mark. */
function marked() {
  return readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid) && textOf(`/proc/${pid}/environ`).split('\0').includes(mark))
    .filter(pid => !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`)))
    .map(Number)
}

/** @param {number} pid */
function commandOf(pid) {
  return textOf(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
}

/**
 * The port that a process listens on: the row of /proc/net/tcp in state LISTEN (0A) for one of its sockets.
 * @param {number} pid
 */
function portOf(pid) {
  const inodes = new Set()
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      inodes.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1])
    }
  } catch {
    return undefined // It ended meanwhile.
  }
  for (const row of textOf('/proc/net/tcp').split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
    if (state === '0A' && inodes.has(inode)) return Number.parseInt(String(local?.split(':')[1]), 16)
  }
  return undefined
}

/**
 * CPU time that a process has used in user mode, in ticks of 10 ms.
 * @param {number} pid
 */
function ticksOf(pid) {
  return Number(textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[11])
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * @template T
 * @param {() => T} look
 * @param {number} within milliseconds
 * @returns {Promise<T | undefined>} what `look` found, or undefined when it found nothing in time
 */
async function until(look, within) {
  for (let waited = 0; waited < within; waited += 100) {
    const found = look()
    if (found) return found
    await delay(100)
  }
  return undefined
}

/** @param {number} port */
function isFree(port) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
