import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { commandOf, isFree, listenerOf, marked, until } from '../../scripts/leftovers.mjs'
import { daemonConfiguration, withoutNginx } from '../builders/nginx.ts'
import { arazzo, openapi } from '../builders/project.ts'
import { within } from './folder.ts'
import type { Kind } from './kind.ts'

const root = process.cwd()

const filesWith = (server: string) => ({
  'package.json': '{ "name": "killed", "type": "module" }',
  'app.js': `import { createServer } from 'node:http'
createServer((request, response) => response.end('{}')).listen(Number(process.env.PORT), '127.0.0.1')
`,
  'vitest.config.ts': `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo({ server: { url: 'http://127.0.0.1:{port}', ${server} } })] }
`,
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: { rps: 200, duration: 60s, budgets: { errorRate: 0 } }
    steps:
      - stepId: a
        operationId: a`),
})

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'] as const

/** A run of Vitest in a folder, and all processes that have its environment. */
class Run {
  readonly mark = `ATTACK_MARK=${randomUUID()}`
  readonly temporary: string
  readonly child: ChildProcess

  constructor(folder: string, ...names: string[]) {
    this.temporary = join(folder, 'temporary')
    mkdirSync(this.temporary, { recursive: true })
    const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, NODE_OPTIONS: ____, ...ours } = process.env
    this.child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...names], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...ours, ATTACK_MARK: this.mark.split('=')[1], CI: 'true', TMPDIR: this.temporary },
    })
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Ends what is left, and says what that was; undefined where that was nothing in time. */
  async left(): Promise<string | undefined> {
    if (await until(() => !this.isRunning && marked(this.mark).length === 0, 20_000)) return undefined
    const left = marked(this.mark)
    const names = [...(this.isRunning ? ['Vitest itself'] : []), ...left.map(commandOf)]
    for (const pid of left) process.kill(pid, 'SIGKILL')
    return `alive: ${names.join('; ')}`
  }

  filesLeft(folder: string, files: object): string[] {
    return [
      ...readdirSync(this.temporary).filter(name => name.includes('arazzo')),
      ...readdirSync(folder).filter(name => !(name in files) && !['node_modules', 'temporary'].includes(name)),
    ]
  }
}

function install(folder: string): void {
  const installed = join(folder, 'node_modules/vitest-arazzo')
  mkdirSync(installed, { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  symlinkSync(join(root, 'dist'), join(installed, 'dist'))
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
}

const files = filesWith("command: 'node app.js', probe: true")

/**
 * Vitest with an application and a load is ended by a signal at some moment from its start on: no process lives on, no
 * port is taken, and none of our temporary folders and locks is left. Linux only, for it reads /proc.
 */
export const kills: Kind = {
  name: 'kills',
  quick: 1,
  whole: 200,
  lanes: 3,
  attack: (random, index) =>
    within(files, async folder => {
      if (process.platform !== 'linux') return undefined
      install(folder)
      const run = new Run(folder)
      // Half of them once the application listens, the others at whatever moment before.
      const listener = () => listenerOf(run.mark, command => command.startsWith('node app.js'))
      if (random.chance(0.5)) await until(() => !run.isRunning || listener(), 30_000)
      await setTimeout(random.below(3_000))
      const app = await until(listener, 300)
      const isKilled = run.isRunning
      const signal = SIGNALS[index % SIGNALS.length]!
      run.child.kill(signal)
      const left = await run.left()
      if (!isKilled) return 'the run had ended before'
      if (left) return `after ${signal}, ${left}`
      if (app && !(await isFree(app.port))) return `after ${signal}, port ${app.port} is taken`
      const remains = run.filesLeft(folder, files)
      return remains.length > 0 ? `after ${signal}, left: ${remains.join(', ')}` : undefined
    }),
}

const daemonFiles = {
  ...filesWith(
    `command: 'mkdir -p {dir}; sed s/PORT/{port}/ nginx.conf > {dir}/it.conf; ' +
      'nginx -e stderr -p {dir} -c {dir}/it.conf; exec tail -f /dev/null'`,
  ),
  'nginx.conf': daemonConfiguration(),
  'plain.test.js': "import { test } from 'vitest'; test('nothing', () => {})",
}

/**
 * The application is nginx as a daemon, which has neither the environment nor the session of its command. All other
 * processes are killed at the same moment, or Vitest alone by a signal. Nothing is left after the next run.
 */
export const daemonKills: Kind = {
  name: 'daemons',
  quick: 1,
  whole: 60,
  lanes: 2,
  attack: (random, index) =>
    within(daemonFiles, async folder => {
      if (process.platform !== 'linux' || withoutNginx) return undefined
      install(folder)
      const run = new Run(folder)
      const daemons = () => marked().filter(pid => commandOf(pid).includes(run.temporary))
      if (random.chance(0.5)) await until(() => !run.isRunning || daemons().length > 0, 30_000)
      await setTimeout(random.below(3_000))
      const isAll = index % 2 === 0
      const signal = isAll ? 'SIGKILL' : SIGNALS[(index >> 1) % SIGNALS.length]!
      // In the order of their pids a process may start another that is in no list.
      for (let all = isAll ? marked(run.mark) : [run.child.pid!]; all.length > 0; all = isAll ? marked(run.mark) : [])
        for (const pid of all) tryToKill(pid, signal)
      const left = await run.left()
      if (left) return `after ${signal}, ${left}`
      const next = new Run(folder, 'plain.test.js')
      const leftOfNext = await next.left()
      const alive = daemons()
      const names = alive.map(commandOf)
      for (const pid of alive) tryToKill(pid, 'SIGKILL')
      const after = `after ${signal} to ${isAll ? 'all' : 'Vitest'} and another run`
      if (leftOfNext) return `${after}, ${leftOfNext}`
      if (names.length > 0) return `${after}, alive: ${names.join('; ')}`
      const remains = next.filesLeft(folder, daemonFiles)
      return remains.length > 0 ? `${after}, left: ${remains.join(', ')}` : undefined
    }),
}

function tryToKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
