import type { Row } from './rows.ts'
import type { Sample } from './sample.ts'

/** What a row did, round by round; a failed round is undefined. */
export interface Measured {
  row: Row
  samples: (Sample | undefined)[]
  /** Why it has no figures. */
  missing?: string
}

/**
 * Runs all rows once a round. Within a workload another row begins each time: the machine drifts, and so do processors
 * that get warm.
 */
export async function runRounds(
  rows: readonly Row[],
  { rounds, seconds }: { rounds: number; seconds: number },
  tell: (text: string) => void,
): Promise<Measured[]> {
  const all: Measured[] = rows.map(row => ({ row, samples: [], ...(row.missing && { missing: row.missing }) }))
  const workloads = [...new Set(rows.map(({ workload }) => workload))]
  for (let round = 0; round < rounds; round++) {
    for (const workload of workloads)
      for (const one of rotated(
        all.filter(({ row, missing }) => row.workload === workload && missing === undefined),
        round,
      )) {
        const { row } = one
        try {
          const sample = await row.run(seconds)
          one.samples[round] = sample
          tell(
            `round ${round + 1}: ${row.workload.name}, ${row.generator}${row.does && `, ${row.does}`}: ${sample.requestsPerSecond.toFixed(0)}/s, ${sample.cpuPerRequest.toFixed(1)} us`,
          )
        } catch (error) {
          one.missing = (error as Error).message.split('\n')[0]!
          tell(`round ${round + 1}: ${row.workload.name}, ${row.generator}: ${(error as Error).message}`)
        }
      }
  }
  return all
}

const rotated = <T>(items: readonly T[], by: number): T[] => items.map((_, n) => items[(n + by) % items.length]!)
