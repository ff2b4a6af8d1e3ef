/*
 * Starts nats-server and three agents on this machine, runs the load test over them, and ends all of it, also after
 * Ctrl-C. The exit code is that of Vitest; 2 when something could not be started.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [START_MS, END_MS] = [60_000, 5_000]
/** The exit code of a shell that finds no program of a name. */
const NOT_FOUND = 127

const here = dirname(fileURLToPath(import.meta.url))
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const cli = join(dirname(fileURLToPath(import.meta.resolve('vitest-arazzo/plugin'))), 'cli.js')

const agents = ['agent-0', 'agent-1', 'agent-2']
// A value of the environment is read as one of nats.conf: it has to begin with a letter.
const passwords = new Map(['coordinator', ...agents].map(user => [user, `p${randomBytes(16).toString('hex')}`]))
const variableOf = user => `${user.replace('-', '_').toUpperCase()}_PASSWORD`

const running = new Set()
let load
// Reads the numbers of processes, and ends them when nobody is left to write any: also when this one is killed.
const guarding = 'while read -r pid; do pids="$pids $pid"; done; kill $pids'
// Writes its own number and becomes the program: written by this process, it would be missing after a kill between.
const becoming = 'echo $$ >&3; exec 3>&-; exec "$@"'
const guard = spawn('/bin/sh', ['-c', guarding], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
  process.on(signal, () => (load ? load.kill(signal) : process.exit(128 + number)))

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
} finally {
  await end()
}

async function main() {
  const nats = await startNats()
  console.log(`NATS listens at ${nats}`)
  const started = await Promise.all(agents.map(name => startAgent(name, nats)))
  for (const { line } of started) console.log(line)

  const own = { NATS_URL: nats, COORDINATOR_PASSWORD: passwords.get('coordinator'), SHOP_URL: '' }
  const env = { DEMO_PASSWORD: 'demo-password', ...process.env, ...own }
  load = start(process.execPath, [vitest, 'run', '--root', here, ...process.argv.slice(2)], env, 'inherit')
  const [code] = await new Promise(done => load.once('close', (...ended) => done(ended)))

  for (const [index, { said }] of started.entries())
    for (const line of said().trim().split('\n').slice(1)) console.log(`${agents[index]} ${line}`)
  return code ?? 1
}

async function startNats() {
  const own = Object.fromEntries([...passwords].map(([user, password]) => [variableOf(user), password]))
  // Debian has it in /usr/sbin, which is not in everybody's path.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, ...own }
  const args = ['-c', join(here, 'nats.conf'), '-a', '127.0.0.1', '-p', '-1']
  const { found } = await startUntil('NATS', 'nats-server', args, env, /client connections on (127\.0\.0\.1:\d+)/)
  return `nats://${found[1]}`
}

function startAgent(name, nats) {
  const args = [cli, 'agent', '--nats', nats, '--name', name, '--threads', '1']
  const env = { ...process.env, NATS_USER: name, NATS_PASSWORD: passwords.get(name) }
  return startUntil(name, process.execPath, args, env, /.* waits for loads.*/)
}

/** Starts a program; resolves when it has printed what is waited for, rejects when it ends or takes too long. */
async function startUntil(name, program, args, env, pattern) {
  const child = start(program, args, env, 'pipe')
  let output = ''
  return new Promise((resolve, reject) => {
    const late = () => fail(`it was not there within ${START_MS / 1_000} s.\n${output}`)
    const timer = setTimeout(late, START_MS)
    const fail = found => {
      clearTimeout(timer)
      reject(new Error(`Failed to start ${name}: ${found}`))
    }
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text
        const found = pattern.exec(output)
        if (found === null) return
        clearTimeout(timer)
        resolve({ found, line: found[0], said: () => output })
      })
    child.once('error', ({ message }) => fail(`${message}.`))
    child.once('close', code =>
      fail(
        code === NOT_FOUND
          ? `there is no ${program}. Install it: apt-get install ${program}.`
          : `it ended with code ${code}.\n${output}`,
      ),
    )
  })
}

/** Ctrl-C in a terminal goes to a whole group of processes: what the load needs has to outlive it. */
function start(program, args, env, stdio) {
  const command = ['-c', becoming, 'sh', program, ...args]
  const child = spawn('/bin/sh', command, { env, stdio: ['ignore', stdio, stdio, guard.stdin], detached: true })
  // One that could not be started has no number, and must not be killed: that would be this group of processes.
  if (child.pid === undefined) return child
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

async function end() {
  const left = [...running].map(child => new Promise(done => child.once('close', done)))
  for (const child of running) child.kill('SIGTERM')
  const late = setTimeout(() => process.exit(), END_MS)
  await Promise.all(left)
  clearTimeout(late)
  guard.kill('SIGKILL')
}
