import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type LoadReport, runLoad } from 'vitest-arazzo/engine'
import type { Bars } from '../bars.ts'
import { Fleet } from './fleet.ts'
import { type NumberedServer, startNumbered } from './numbered-server.ts'

const NAMES = ['eu-1', 'eu-2', 'eu-3']
const SECONDS = 4
const RATE = 90
export const WORKFLOW = `${fileURLToPath(new URL('../documents/hosts.arazzo.yaml', import.meta.url))}#numbered`

interface Trouble {
  name: string
  times: number
  /** Does it to the first agent, or the broker; resolves when it is over. */
  make(fleet: Fleet): Promise<void>
  /** Whether its share may be missing, so that no budget can be kept. */
  isLoss: boolean
}

const victim = (fleet: Fleet) => fleet.agents.get('eu-1')!

async function held(fleet: Fleet, time: number): Promise<void> {
  victim(fleet).child.kill('SIGSTOP')
  await sleep(time)
  victim(fleet).child.kill('SIGCONT')
}

/** What is there keeps to all of them but one, which only the whole load reaches: what is missing might not have. */
const BUDGETS = { p99: '10s', errorRate: '5%', rps: RATE / 3, iterationRate: RATE - 0.1 }

const TROUBLES: readonly Trouble[] = [
  { name: 'agent killed', times: 20, isLoss: true, make: async fleet => void victim(fleet).child.kill('SIGKILL') },
  { name: 'agent held for 2 s', times: 2, isLoss: false, make: fleet => held(fleet, 2_000) },
  { name: 'agent held for 10 s', times: 2, isLoss: true, make: fleet => held(fleet, 10_000) },
  { name: 'link down for 1 s', times: 2, isLoss: false, make: fleet => victim(fleet).link.down(1_000) },
  { name: 'link down for 10 s', times: 2, isLoss: true, make: fleet => victim(fleet).link.down(10_000) },
  {
    name: 'broker started again',
    times: 3,
    isLoss: false,
    async make(fleet) {
      await fleet.endServer()
      await sleep(300)
      fleet.startServer()
    },
  },
]

/** What breaks in the middle of a run, and what becomes of it. */
export async function measureTroubles(bars: Bars, seed: number): Promise<void> {
  const server = await startNumbered(() => 5)
  const random = randomOf(seed)
  let fleet = await Fleet.start(NAMES)
  let left = 0
  for (const trouble of TROUBLES) {
    const found = { runs: 0, late: 0, unbalanced: 0, wrong: 0, lost: 0, completed: 0 }
    for (let time = 0; time < trouble.times; time++) {
      const at = 200 + random() * (SECONDS * 1_000 - 700)
      const { report, took } = await oneRun(fleet, server, trouble, at)
      found.runs++
      if (took > 2_000 + SECONDS * 1_000 + 10_000) found.late++
      if (!isBalanced(report)) found.unbalanced++
      if (report.state === 'completed') found.completed++
      const isLost = report.doubts.some(({ kind }) => kind === 'lost host')
      if (isLost) found.lost++
      const kept = report.verdicts.filter(({ verdict, budget }) => verdict === 'pass' && couldChange(budget, at))
      const isWhole = report.arrivals.due === RATE * SECONDS
      if ((isLost || trouble.isLoss || !isWhole) && kept.length > 0) found.wrong++
      left += await renew()
    }
    const { runs, late, unbalanced, wrong, lost, completed } = found
    const text = `${runs} runs: ${completed} completed, ${lost} with a lost host; ${late} late, ${unbalanced} unbalanced, ${wrong} kept what could have changed`
    bars.check(trouble.name, text, late + unbalanced + wrong === 0 && (!trouble.isLoss || lost === runs))
  }
  await killCoordinator(bars, fleet, server)
  left += await fleet.end()
  bars.check('processes left', String(left), left === 0)
  server.close()

  /** Agents that were lost are started again; resolves with how many did not become free. */
  async function renew(): Promise<number> {
    if (!(await fleet.areFree(12_000))) {
      const stuck = await fleet.end()
      fleet = await Fleet.start(NAMES)
      return 1 + stuck
    }
    for (const [name, { child, link }] of fleet.agents) {
      if (child.exitCode === null && child.signalCode === null) continue
      link.close()
      await fleet.startAgent(name)
    }
    return 0
  }
}

/**
 * Whether what came after a moment could have changed a budget that is kept: what is missing would have been load, too,
 * and all that came then might have failed, or never.
 */
function couldChange(budget: string, at: number): boolean {
  const before = at / (SECONDS * 1_000)
  if (budget === 'rps') return RATE * before < BUDGETS.rps
  if (budget === 'iterationRate') return RATE * before < BUDGETS.iterationRate
  return 1 - before > (budget === 'p99' ? 0.01 : 0.05)
}

async function oneRun(fleet: Fleet, server: NumberedServer, trouble: Trouble, at: number) {
  const before = server.count
  const run = runLoad({
    workflow: WORKFLOW,
    servers: server.origin,
    load: { rate: RATE, duration: SECONDS * 1_000, warmUp: 0 },
    agents: { nats: fleet.nats, count: NAMES.length, timeout: '20s' },
    budgets: BUDGETS,
  })
  while (server.count === before) await sleep(5)
  const started = performance.now()
  await sleep(at)
  const over = trouble.make(fleet)
  const report = await run
  const took = performance.now() - started
  await over
  return { report, took }
}

function isBalanced({ arrivals: { due, dropped, started, passed, failed, aborted } }: LoadReport): boolean {
  return due === started + dropped && started === passed + failed + aborted
}

async function killCoordinator(bars: Bars, fleet: Fleet, server: NumberedServer): Promise<void> {
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const before = server.count
  const args = ['load', WORKFLOW, '--server', server.origin, '--rate', String(RATE), '--duration', '60s']
  const child = spawn(process.execPath, [cli, ...args, '--agents', fleet.nats], { cwd: dirname(cli), stdio: 'ignore' })
  while (server.count - before < 20) await sleep(20)
  child.kill('SIGKILL')
  const killed = performance.now()
  const areFree = await fleet.areFree(15_000)
  const took = performance.now() - killed
  const then = server.count
  await sleep(500)
  const quiet = server.count === then
  bars.check(
    'coordinator killed',
    `agents ended the load after ${(took / 1_000).toFixed(1)} s (bar: 10 s)`,
    areFree && quiet && took < 10_000,
  )
}

/** Park and Miller, minimal standard. */
function randomOf(seed: number): () => number {
  let state = Math.max(1, seed)
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
