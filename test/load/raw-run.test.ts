import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import { LoadRun } from '../../src/load/run/load-run.ts'
import { openMeters } from '../../src/load/run/meters.ts'
import { prepare } from '../../src/load/run/prepare.ts'
import { reportOf } from '../../src/load/run/report-of.ts'
import { serve } from '../builders/server.ts'
import { oneStep } from '../hosts/one-step.ts'

const options = () => ({ workflow: oneStep(), load: { vus: 2, iterations: 10 }, budgets: { errorRate: 0 } })

test('what a run has measured makes one report, however often it is asked for', async () => {
  const { origin: servers } = await serve(() => ({}))
  const prepared = await prepare(loadTestOrThrow(await readLoadTest({ ...options(), servers })))
  const raw = await new LoadRun(prepared, {}, await openMeters({ targets: {} }, []), undefined).run()
  const report = reportOf(raw)
  expect(report).toMatchObject({ state: 'completed', arrivals: { passed: 20 } })
  expect(reportOf(raw)).toEqual(report)
})

test('a run whose threads cannot be opened leaves nothing open', async () => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const [listeners, before] = [process.listenerCount('SIGINT'), timers()]
  const open = () => expect.unreachable('there are no threads')
  await expect(runLoad({ ...options(), servers: 'http://127.0.0.1:9' }, { open })).rejects.toThrow(
    'there are no threads',
  )
  expect(process.listenerCount('SIGINT')).toBe(listeners)
  expect(timers()).toBeLessThanOrEqual(before)
})
