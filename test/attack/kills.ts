import { spawn } from 'node:child_process'
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

const files = {
  'package.json': '{ "name": "killed", "type": "module" }',
  'app.js': `import { createServer } from 'node:http'
createServer((request, response) => response.end('{}')).listen(Number(process.env.PORT), '127.0.0.1')
`,
  'vitest.config.ts': `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo({ server: { command: 'node app.js', url: 'http://127.0.0.1:{port}', probe: true } })] }
`,
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: { rps: 200, duration: 60s, budgets: { errorRate: 0 } }
    steps:
      - stepId: a
        operationId: a`),
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'] as const

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
      const temporary = join(folder, 'temporary')
      mkdirSync(temporary)
      const installed = join(folder, 'node_modules/vitest-arazzo')
      mkdirSync(installed, { recursive: true })
      cpSync(join(root, 'package.json'), join(installed, 'package.json'))
      symlinkSync(join(root, 'dist'), join(installed, 'dist'))
      symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
      const id = randomUUID()
      const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, NODE_OPTIONS: ____, ...ours } = process.env
      const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], {
        cwd: folder,
        stdio: 'ignore',
        env: { ...ours, ATTACK_MARK: id, CI: 'true', TMPDIR: temporary },
      })
      const mark = `ATTACK_MARK=${id}`
      const isRunning = () => child.exitCode === null && child.signalCode === null
      // Half of them once the application listens, the others at whatever moment before.
      const listener = () => listenerOf(mark, command => command.startsWith('node app.js'))
      if (random.chance(0.5)) await until(() => !isRunning() || listener(), 30_000)
      await setTimeout(random.below(3_000))
      const app = await until(listener, 300)
      const isKilled = isRunning()
      const signal = SIGNALS[index % SIGNALS.length]!
      child.kill(signal)
      const isOver = await until(() => !isRunning() && marked(mark).length === 0, 20_000)
      const left = marked(mark)
      const processes = [...(isRunning() ? ['Vitest itself'] : []), ...left.map(commandOf)]
      for (const pid of left) process.kill(pid, 'SIGKILL')
      if (!isKilled) return 'the run had ended before'
      if (!isOver) return `after ${signal}, alive: ${processes.join('; ')}`
      if (app && !(await isFree(app.port))) return `after ${signal}, port ${app.port} is taken`
      const remains = [
        ...readdirSync(temporary).filter(name => name.includes('arazzo')),
        ...readdirSync(folder).filter(name => !(name in files) && !['node_modules', 'temporary'].includes(name)),
      ]
      return remains.length > 0 ? `after ${signal}, left: ${remains.join(', ')}` : undefined
    }),
}
