import { runLoadTest } from '../../src/hosts/run.ts'
import { type LoadTest, loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { RunInternals } from '../../src/load/run/load-run.ts'
import type { LoadReport } from '../../src/measure/report.ts'

/** How long iterations in flight may finish, in milliseconds. Undefined: as long as their requests may take. */
type Stop = number | undefined

export function stoppingAfter(gracefulStop: Stop, test: LoadTest): LoadTest {
  return gracefulStop === undefined ? test : { ...test, load: { ...test.load, gracefulStop } }
}

/** Runs load as `runLoad` does. */
export async function runStopping(
  gracefulStop: Stop,
  options: LoadOptions,
  internals: RunInternals = {},
): Promise<LoadReport> {
  const test = stoppingAfter(gracefulStop, loadTestOrThrow(await readLoadTest(options)))
  const { signal, onProgress } = options
  return runLoadTest(test, { signal, onProgress, ...internals })
}
