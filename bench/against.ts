/**
 * What a change costs: this build and another one in turn, against the same nginx, a core each for generator and
 * target. Of each workload the medians of the rounds' ratios of CPU and of requests a second, and of memory. The first of a
 * round changes: the machine drifts. Bar: at most 2 % more CPU a request. `steady` is the three steps at 10,000
 * requests/s, of which only the CPU tells. The other folder is a worktree in which `npm run bench:build` has been run.
 * Run: `npm run bench -- against <folder> [rounds] [seconds] [workloads]` (11 rounds of 2 s of `plain,three-steps`:
 * about 2 minutes).
 */
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

async function sample(script: string, workflow: string, { isTls, rate }: Compared): Promise<Sample> {
  if (isTls && target.tls === undefined) throw new Error(`Failed to compare over TLS: ${target.whyNoTls}.`)
  const task: Task = {
    ...({ kind: 'ours', workflow, transport: 'wire', threads: 1 } as const),
    origin: target.origin,
    connections: CONNECTIONS,
    seconds: Number(seconds),
    ...(rate !== undefined && { rate }),
    ...(isTls ? target.tls : {}),
  }
  const command = [process.execPath, script, JSON.stringify(task)]
  const { output } = await runPinned(generatorCore, command, task.seconds + 30)
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample
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
    const order = round % 2 === 0 ? (['this', 'other'] as const) : (['other', 'this'] as const)
    const samples: Partial<Record<keyof typeof scripts, Sample>> = {}
    for (const which of order) samples[which] = await sample(scripts[which], workflow, compared)
    const [here, there] = [samples.this!, samples.other!]
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
