import type { Bytes } from 'vitest-arazzo/engine'
import { median } from '../target.ts'
import { generatorCores, targetCores } from './cores.ts'
import { startNginx } from './nginx.ts'
import { CONNECTIONS, runTask } from './rows.ts'
import type { Sample } from './sample.ts'
import { workloads } from './workloads.ts'

export interface Scaled {
  threads: number
  requestsPerSecond: number
  /** Highest resident set of the whole process. */
  memory: Bytes
}

/**
 * The three steps on 1, 2, 4 and 8 threads with so many users each, over the generator's half of the machine; a
 * number with which it failed is left out.
 */
export async function measureScaling(
  { rounds, seconds }: { rounds: number; seconds: number },
  tell: (text: string) => void,
): Promise<Scaled[]> {
  const workload = workloads.find(({ name }) => name === 'three-steps')!
  const workflow = Object.values(workload.workflows)[0]!
  const target = await startNginx(targetCores)
  const counts = [1, 2, 4, 8]
  const samples = new Map<number, Sample[]>(counts.map(threads => [threads, []]))
  try {
    for (let round = 0; round < rounds; round++)
      for (const threads of counts) {
        const task = {
          ...({ kind: 'ours', workflow, transport: 'wire', threads, seconds } as const),
          origin: target.origin,
          connections: CONNECTIONS * threads,
        }
        try {
          const sample = await runTask(task, generatorCores.join(','))
          samples.get(threads)!.push(sample)
          tell(`round ${round + 1}: ${threads} threads: ${sample.requestsPerSecond.toFixed(0)}/s`)
        } catch (error) {
          tell(`round ${round + 1}: ${threads} threads: ${(error as Error).message}`)
        }
      }
  } finally {
    await target.stop()
  }
  return counts
    .filter(threads => samples.get(threads)!.length > 0)
    .map(threads => ({
      threads,
      requestsPerSecond: median(samples.get(threads)!.map(sample => sample.requestsPerSecond)),
      memory: median(samples.get(threads)!.map(sample => sample.memory ?? 0)),
    }))
}
