import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../plugin/server/address.ts'
import { commandOf, marked, until } from '../../scripts/leftovers.mjs'
import { daemonConfiguration, withoutNginx } from '../builders/nginx.ts'
import type { Random } from '../http/differential/random.ts'
import { within } from './folder.ts'
import { filesWith, install, Run, SIGNALS } from './kills.ts'
import type { Kind } from './kind.ts'

/** @param more of the options of the plugin. */
const daemonFiles = (more = '') => ({
  ...filesWith(
    `command: 'mkdir -p {dir}; sed s/PORT/{port}/ nginx.conf > {dir}/it.conf; ' +
      'nginx -e stderr -p {dir} -c {dir}/it.conf; exec tail -f /dev/null'`,
    more,
  ),
  'nginx.conf': daemonConfiguration(),
  'plain.test.js': "import { test } from 'vitest'; test('nothing', () => {})",
})

/** What a run does when it is killed. */
interface Scene {
  files: Record<string, string>
  /** Test files of the run that is killed; all if there is none. */
  tests: string[]
  /** The latest moment of the kill, from when the application is there. */
  within: number
  /** Makes the folder ready; returns what ends that. */
  prepare?(folder: string): () => void
  /** Arguments of Node.js for an agent beside the run. */
  agent?: string[]
}

const suites = async (): Promise<Scene> => ({ files: daemonFiles(), tests: [], within: 3_000 })

/** Load tests that leave launches to each other; there are worktrees, a room and a janitor as well. */
async function comparisons(): Promise<Scene> {
  const files = {
    ...daemonFiles("compare: { git: 'HEAD', maxDuration: '10s', warmUp: { requests: 20 } }"),
    'compared.test.js': `import { loadTest } from 'vitest-arazzo'
for (const name of ['one', 'two'])
  loadTest(name, {
    workflow: './flow.arazzo.yaml#main',
    load: { rps: 50, duration: '1s', warmUp: 0 },
    budgets: { cpuPerRequest: 'base + 900%' },
  })`,
  }
  const prepare = (cwd: string) => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd })
    git('init', '--quiet')
    git('add', '--', ...Object.keys(files))
    git('commit', '--quiet', '--message', 'The first')
    return () => {}
  }
  return { files, tests: ['compared.test.js'], within: 15_000, prepare }
}

async function agents(): Promise<Scene> {
  const port = String(await freePort())
  const nats = `nats://127.0.0.1:${port}`
  const prepare = () => {
    const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', port], { stdio: 'ignore' })
    return () => void server.kill('SIGKILL')
  }
  return {
    files: daemonFiles(`agents: { nats: '${nats}', count: 1, timeout: '10s' }`),
    tests: [],
    within: 10_000,
    prepare,
    agent: ['node_modules/vitest-arazzo/dist/cli.js', 'agent', '--nats', nats, '--name', 'one', '--threads', '1'],
  }
}

const SCENES = { suites, comparisons, agents }
const NAMES = Object.keys(SCENES) as (keyof typeof SCENES)[]

/** Whom the signal is for. */
const TARGETS = ['all', 'Vitest', 'all', 'the agent'] as const

const hasNats = spawnSync('nats-server', ['--version']).error === undefined

/**
 * The application is nginx as a daemon, which has neither the environment nor the session of its command, under suites
 * and loads, comparisons, and loads of agents. All other processes are killed at the same moment, or Vitest or its
 * agent alone by a signal. Nothing is left after the next run.
 */
export const daemonKills: Kind = {
  name: 'daemons',
  quick: 3,
  whole: 60,
  lanes: 3,
  // What it waits for by itself may take 85 s.
  limit: 180_000,
  without:
    process.platform === 'linux'
      ? (withoutNginx ?? (hasNats ? undefined : 'nats-server is not installed'))
      : 'it reads /proc',
  async attack(random, index) {
    const name = NAMES[index % NAMES.length]!
    const scene = await SCENES[name]()
    return within(scene.files, async folder => {
      install(folder)
      const end = scene.prepare?.(folder)
      try {
        const fault = await killed(scene, folder, random, Math.floor(index / NAMES.length))
        return fault && `${name}: ${fault}`
      } finally {
        end?.()
      }
    })
  },
}

async function killed(scene: Scene, folder: string, random: Random, turn: number): Promise<string | undefined> {
  const run = new Run(folder, ...scene.tests)
  const agent = scene.agent && run.start(folder, scene.agent)
  const daemons = () => marked().filter(pid => commandOf(pid).includes(run.temporary))
  const isLater = random.chance(0.5)
  if (isLater) await until(() => !run.isRunning || daemons().length > 0, 30_000)
  const isThere = daemons().length > 0
  await setTimeout(random.below(isLater ? scene.within : 3_000))
  const isKilled = run.isRunning
  const wanted = TARGETS[turn % TARGETS.length]!
  const target = wanted === 'the agent' && agent === undefined ? 'Vitest' : wanted
  const signal = target === 'Vitest' ? SIGNALS[(turn >> 1) % SIGNALS.length]! : 'SIGKILL'
  const victims = () => (target === 'all' ? marked(run.mark) : [])
  const first = target === 'the agent' ? [agent!.pid!] : target === 'Vitest' ? [run.child.pid!] : victims()
  // In the order of their pids a process may start another that is in no list.
  for (let all = first; all.length > 0; all = victims()) for (const pid of all) tryToKill(pid, signal)
  // It ends once it works on nothing: a load whose coordinator is gone is not gone on with.
  agent?.kill('SIGTERM')
  const after = `after ${signal} to ${target}`
  const left = await run.left()
  if (!isKilled || (isLater && !isThere)) return isKilled ? 'no application was there' : 'the run had ended before'
  if (left) return `${after}, ${left}`
  const next = new Run(folder, 'plain.test.js')
  const leftOfNext = await next.left()
  const alive = daemons()
  const names = alive.map(commandOf)
  for (const pid of alive) tryToKill(pid, 'SIGKILL')
  if (leftOfNext) return `${after} and another run, ${leftOfNext}`
  if (names.length > 0) return `${after} and another run, alive: ${names.join('; ')}`
  const worktrees = join(folder, '.git/worktrees')
  const remains = [...next.filesLeft(folder, scene.files), ...(existsSync(worktrees) ? readdirSync(worktrees) : [])]
  return remains.length > 0 ? `${after} and another run, left: ${remains.join(', ')}` : undefined
}

function tryToKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}
