import { test } from 'vitest'
import { loadTest } from 'vitest-arazzo'
import { missing } from './python.ts'

test('the application can be started', ctx => ctx.skip(missing !== undefined, missing))

loadTest.skipIf(missing !== undefined)('notes while four people write', {
  workflow: './notebook.arazzo.json',
  load: { vus: 4, duration: '4s' },
  budgets: { rps: 100, p99: '250ms', errorRate: 0, memory: '150MB' },
})
