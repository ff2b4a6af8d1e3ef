import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'
import type { Bars } from '../bars.ts'
import { median, startTarget } from '../target.ts'
import { Fleet } from './fleet.ts'
import { startNumbered } from './numbered-server.ts'
import { WORKFLOW } from './troubles.ts'

const ROUNDS = 5
const SECONDS = 3
const MANY = 16

/** What 2 agents and all that goes with them drive on one core, beside 2 threads of one process, and what a coordinator of many takes. */
export async function measureRates(bars: Bars): Promise<void> {
  const { origin, child } = await startTarget()
  const fleet = await Fleet.start(['a', 'b'])
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const rates: Record<string, number> = {}
    const ways = round % 2 === 0 ? ['here', 'agents'] : ['agents', 'here']
    for (const way of ways) {
      const report = await runLoad({
        workflow: `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`,
        servers: origin,
        load: { vus: 64, duration: SECONDS * 1_000, warmUp: '1s', threads: 2 },
        ...(way === 'agents' && { agents: { nats: fleet.nats, count: 2, timeout: '20s' } }),
      })
      rates[way] = report.rps
    }
    ratios.push(rates.agents! / rates.here!)
    console.log(`         ${rates.here!.toFixed(0)}/s by threads, ${rates.agents!.toFixed(0)}/s by agents`)
  }
  await fleet.end()
  child.kill()
  const ratio = median(ratios)
  bars.check('2 agents', `${ratio.toFixed(2)} of what 2 threads of one process drive (bar: 0.9)`, ratio >= 0.9)

  const { whole, loading, ending } = await coordinatorShare()
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  console.log(`         ${percent(loading)} while it loads, and ${ending} ms of CPU at its end`)
  bars.check(`coordinator of ${MANY} agents`, `${percent(whole)} of a core (bar: 5 %)`, whole < 0.05)
}

/**
 * CPU of the process that coordinates many agents, as shares of one core: from its first request to its end, and to its
 * last request; and what comes after that, in milliseconds.
 */
async function coordinatorShare(): Promise<{ whole: number; loading: number; ending: number }> {
  const server = await startNumbered()
  const fleet = await Fleet.start(Array.from({ length: MANY }, (_, n) => `m${n}`))
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const args = ['load', WORKFLOW, '--server', server.origin, '--rate', '160', '--duration', '10s', '--warm-up', '0s']
  const child = spawn(process.execPath, [cli, ...args, '--agents', fleet.nats], {
    // There is no configuration of Vitest to be read.
    cwd: dirname(cli),
    stdio: 'ignore',
  })
  const looks: { at: number; cpu: number; count: number }[] = []
  while (child.exitCode === null) {
    const cpu = cpuOf(child.pid!)
    if (server.count > 0 && cpu !== undefined) looks.push({ at: performance.now(), cpu, count: server.count })
    await sleep(100)
  }
  await fleet.end()
  server.close()
  const [first, last] = [looks[0]!, looks.at(-1)!]
  const loaded = looks.find(({ count }) => count === last.count)!
  const share = (to: typeof last) => (to.cpu - first.cpu) / (to.at - first.at)
  return { whole: share(last), loading: share(loaded), ending: last.cpu - loaded.cpu }
}

/** Milliseconds of CPU that a process has used; undefined when it is gone. */
function cpuOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return undefined
  }
}
