import { describe, expect, test } from 'vitest'
import { environmentOf, processTable } from '../../../plugin/server/process-family.ts'
import { cases } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { startVitest } from '../server/run-vitest.ts'

const built = await builtPlugin()

/** The living processes that inherited an environment variable. */
function bearersOf(mark: string): number[] {
  return processTable()
    .filter(({ pid, zombie }) => !zombie && environmentOf(pid).includes(mark))
    .map(({ pid }) => pid)
}

describe.runIf(process.platform === 'linux')('Vitest is killed in the middle of a load', () => {
  for (const pool of cases(['forks'], ['threads']))
    for (const signal of ['SIGINT', 'SIGKILL'] as const)
      test(`by ${signal}, pool ${pool}: application, supervisor and workers end with it`, {
        timeout: 120_000,
      }, async () => {
        const mark = `KILLED_TEST=${process.pid}-${pool}-${signal}`
        const [name, value] = mark.split('=')
        const vitest = startVitest('reporter-load', ['run', 'load.case', `--pool=${pool}`], {
          BUILT: built,
          DURATION: '50s',
          [name!]: value,
        })
        // Its first line for logs comes after ten seconds of load; what it runs in is there long before.
        const family = pool === 'forks' ? 5 : 4
        await expect.poll(() => bearersOf(mark).length).toBeGreaterThanOrEqual(family)
        // After its first line of progress a load is under way on any machine.
        if (signal === 'SIGINT') await expect.poll(() => vitest.output()).toContain('req/s')
        else await new Promise(resolve => setTimeout(resolve, 2000))
        expect(vitest.process.exitCode, vitest.output()).toBe(null)
        vitest.process.kill(signal)
        await expect.poll(() => bearersOf(mark)).toEqual([])
        await vitest.finished
        if (signal === 'SIGINT')
          expect(vitest.output()).toMatch(/Cut short: .*\. None of its budgets was judged\.\n {2}\S/)
      })
})
