import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { commandOf, isFree, listenerOf, marked, until } from '../../scripts/leftovers.mjs'
import { arazzo, openapi } from '../builders/project.ts'
import { within } from './folder.ts'
import type { Kind } from './kind.ts'

const root = process.cwd()

export const filesWith = (server: string, more = '') => ({
  'package.json': '{ "name": "killed", "type": "module" }',
  'app.js': `import { createServer } from 'node:http'
createServer((request, response) => response.end('{}')).listen(Number(process.env.PORT), '127.0.0.1')
`,
  'vitest.config.ts': `import arazzo from 'vitest-arazzo/plugin'
export default {
  plugins: [arazzo({ server: { url: 'http://127.0.0.1:{port}', ${server} }, ${more} })],
  test: { exclude: ['node_modules/**', 'temporary/**'] },
}
`,
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: { rps: 200, duration: 60s, budgets: { errorRate: 0 } }
    steps:
      - stepId: a
        operationId: a`),
})

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'] as const

/** What a run may leave in its folder, and what is there for all runs. */
const BESIDE = new Set(['node_modules', 'temporary', '.git', '.vitest-arazzo', '.vitest-attachments'])

/** A run of Vitest in a folder, and all processes that have its environment. */
export class Run {
  readonly mark = `ATTACK_MARK=${randomUUID()}`
  readonly temporary: string
  readonly child: ChildProcess

  constructor(folder: string, ...names: string[]) {
    this.temporary = join(folder, 'temporary')
    mkdirSync(this.temporary, { recursive: true })
    this.child = this.start(folder, ['node_modules/vitest/vitest.mjs', 'run', ...names])
  }

  /** Starts another process of this run. */
  start(folder: string, args: readonly string[]): ChildProcess {
    const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, NODE_OPTIONS: ____, ...ours } = process.env
    const env = { ...ours, ATTACK_MARK: this.mark.split('=')[1], CI: 'true', TMPDIR: this.temporary }
    return spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', env })
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
      ...readdirSync(folder).filter(name => !(name in files) && !BESIDE.has(name)),
    ]
  }
}

export function install(folder: string): void {
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
  without: process.platform === 'linux' ? undefined : 'it reads /proc',
  attack: (random, index) =>
    within(files, async folder => {
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
