/**
 * What a change costs: this build and another one side by side, against the same nginx, a core for the generators and
 * one for the target. Both processes share a core in turns of 100 ms: one is stopped while the other runs, so that the
 * machine's drift reaches both. Of each workload the medians of the rounds' ratios of CPU and of requests a second, and
 * of memory. Bar: at most 2 % more CPU a request. `steady` is the three steps at 10,000 requests/s, of which only the
 * CPU tells. The other folder is a worktree in which `npm run bench:build` has been run.
 * Run: `npm run bench -- against <folder> [rounds] [seconds] [workloads]` (11 rounds of 2 s of `plain,three-steps`:
 * about 4 minutes).
 */
import type { ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { generatorCore, targetCore } from './macro/cores.ts'
import { startNginx } from './macro/nginx.ts'
import { assertMeasurable } from './macro/programs.ts'
import { CONNECTIONS } from './macro/rows.ts'
import { runPinned } from './macro/run-pinned.ts'
import type { Sample, Task } from './macro/sample.ts'
import { type Workload, workloads } from './macro/workloads.ts'
import { median } from './target.ts'

const [other, rounds = '11', seconds = '2', names = 'plain,three-steps'] = process.argv.slice(2)
if (other === undefined) {
  console.error('Failed to compare: no folder of another build is given. Run: npm run bench -- against <folder>.')
  process.exit(2)
}
assertMeasurable()
const ours = fileURLToPath(new URL('./generator.js', import.meta.url))
const scripts = { this: ours, other: resolve(other, 'bench/out/generator.js') }
const target = await startNginx([targetCore])

type Compared = Pick<Workload, 'workflows' | 'isTls'> & { name: string; rate?: number }
const threeSteps = workloads.find(({ name }) => name === 'three-steps')!
const all: readonly Compared[] = [...workloads, { ...threeSteps, name: 'steady', rate: 10_000 }]

type Which = keyof typeof scripts

/** Milliseconds of a turn. */
const TURN = 100

/** Lets one process run at a time. The first turn is random: no build always begins a second. */
function takeTurns(children: readonly ChildProcess[]): () => void {
  let turn = Math.random() < 0.5 ? 0 : 1
  const timer = setInterval(() => {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    turn = (turn + 1) % 2
    for (const child of running) child.kill(running.length === 2 && child !== children[turn] ? 'SIGSTOP' : 'SIGCONT')
  }, TURN)
  return () => clearInterval(timer)
}

/** Runs both builds in turns. The order in which they start changes with `round`. */
async function sampleBoth(workflow: string, { isTls, rate }: Compared, round: number): Promise<Record<Which, Sample>> {
  if (isTls && target.tls === undefined) throw new Error(`Failed to compare over TLS: ${target.whyNoTls}.`)
  const task: Task = {
    ...({ kind: 'ours', workflow, transport: 'wire', threads: 1 } as const),
    origin: target.origin,
    connections: CONNECTIONS,
    seconds: 2 * Number(seconds),
    warmUp: 6,
    ...(rate !== undefined && { rate }),
    ...(isTls ? target.tls : {}),
  }
  const children: ChildProcess[] = []
  const run = async (which: Which) => {
    const command = [process.execPath, scripts[which], JSON.stringify(task)]
    const { output } = await runPinned(generatorCore, command, task.seconds + 60, child => children.push(child))
    return [which, JSON.parse(output.trim().split('\n').at(-1)!) as Sample] as const
  }
  const order: readonly Which[] = round % 2 === 0 ? ['this', 'other'] : ['other', 'this']
  const both = Promise.all(order.map(run))
  const stop = takeTurns(children)
  try {
    return Object.fromEntries(await both) as Record<Which, Sample>
  } finally {
    stop()
  }
}

const megabytes = (bytes: readonly number[]) => (median(bytes) / 1e6).toFixed(0)
const format = (ratios: readonly number[]) => median(ratios).toFixed(3)
let isMet = true
for (const compared of all.filter(({ name }) => names.split(',').includes(name))) {
  const { name, workflows } = compared
  const workflow = Object.values(workflows).at(-1)!
  const [cpu, rate]: [number[], number[]] = [[], []]
  const [memory, memoryThere]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(rounds); round++) {
    const { this: here, other: there } = await sampleBoth(workflow, compared, round)
    cpu.push(here.cpuPerRequest / there.cpuPerRequest)
    rate.push(here.requestsPerSecond / there.requestsPerSecond)
    memory.push(here.memory ?? Number.NaN)
    memoryThere.push(there.memory ?? Number.NaN)
    console.log(
      `${name}, round ${round + 1}: ${here.cpuPerRequest.toFixed(2)} us a request, there ${there.cpuPerRequest.toFixed(2)} us`,
    )
  }
  const isKept = median(cpu) <= 1.02
  isMet &&= isKept
  const verdict = isKept ? 'met' : 'not met'
  console.log(
    `${name}: ${format(cpu)} of the other's CPU a request (bar: 1.02), ${format(rate)} of its rate: ${verdict}`,
  )
  console.log(`${name}: ${megabytes(memory)} MB of memory at most (median), there ${megabytes(memoryThere)} MB`)
}
await target.stop()
process.exit(isMet ? 0 : 1)
