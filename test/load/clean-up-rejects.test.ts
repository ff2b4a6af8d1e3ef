import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import { expect, test } from 'vitest'
import { fixedFeed } from '../../src/load/feed/feed.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { realClock } from '../../src/measure/clock.ts'
import { FakeUser, steadyServer } from '../simulate/fake-user.ts'

test('a clean-up that rejects ends the run with its reason, and not the process', async () => {
  const plan = readShape({ vus: 2, duration: '20s', warmUp: 0 }).plan!
  const start = performance.now()
  const recorder = new Recorder({ plan, stepKeys: ['a'], ledger: new Ledger(), origin: start, onInterval: () => {} })
  const run = execute({
    plan,
    share: { index: 0, count: 1 },
    clock: realClock,
    turn: callback => void setImmediate(callback),
    makeUser: () => new FakeUser(steadyServer(1), realClock, recorder, 1),
    cleanUp: () => Promise.reject(new Error('the store is gone')),
    feed: fixedFeed({}),
    requestsPerRun: 1,
    recorder,
    start,
    stopped: () => false,
  })
  // It neither ends its plan nor leaves a rejection behind, which would fail the test.
  await expect(run).rejects.toThrow('the store is gone')
})
