/*
 * Kills vitest with SIGKILL in the middle of a load test and looks for what is left: no process may live on, and the
 * application's port must be free. Reads /proc, so Linux only.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { commandOf, isFree, listenerOf, marked, ticksOf, until } from './leftovers.mjs'
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

const app = await until(() => listenerOf(mark, command => command.includes('src/server.js')), 30_000)
must(app !== undefined, 'vitest started the application', output)
if (app === undefined) process.exit(1)
const { pid, port } = app
const quiet = ticksOf(pid)
const busy = await until(() => ticksOf(pid) > quiet + 10, 30_000)
must(busy === true, 'the load test keeps the application busy', output)
const before = marked(mark)
must(run.exitCode === null && before.length >= 3, `vitest still runs, with ${before.length} processes in all`, output)

run.kill('SIGKILL')
await until(() => marked(mark).length === 0, 10_000)
const left = marked(mark).map(pid => `${pid} ${commandOf(pid)}`)
for (const pid of marked(mark)) process.kill(pid, 'SIGKILL')
must(left.length === 0, 'no process is left after SIGKILL of vitest', left.join('\n'))
must(await isFree(port), `port ${port} is free`)
