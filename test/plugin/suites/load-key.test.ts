import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serve } from '../../builders/server.ts'
import { api, asking, config } from './asking.ts'
import { type Keys, startVitest, writeSuite } from './run-suite.ts'
import { edit, FAST, runWith } from './watching.ts'

/* In watch mode, a load for each saved file would take too long: load tests run when a key is pressed. */

const plugins = 'plugins: [arazzo({ servers })],'
const files = {
  'api.json': api,
  'a.arazzo.yaml': `${asking('a')}    x-load-test: { vus: 1, iterations: 50 }\n`,
  'b.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest('of b', { workflow: './a.arazzo.yaml', load: { vus: 1, iterations: 50 }, budgets: { errorRate: 0 } })
`,
  'vitest.config.js': config('{}', plugins),
}

async function watch(keys: Keys) {
  const { origin, seen } = await serve(() => ({ body: {} }))
  const folder = await writeSuite(files)
  return { folder, requests: seen, ...startVitest(folder, ['--watch', ...FAST], { API: origin }, keys) }
}

const run = '1 virtual user, 50 iterations each'
const skipped = [`↓ ${run}`, '↓ budget: errorRate']
const passed = [`✓ ${run}`, '✓ budget: errorRate']

test('load tests run when l is pressed, once', { timeout: 240_000 }, async () => {
  const vitest = await watch('imitated')
  const first = await runWith(vitest, 0, '✓ ask', ...skipped)
  expect(vitest.requests).toHaveLength(1)
  await expect.poll(vitest.output).toContain('press l to run load tests')
  vitest.child.stdin!.write('l')
  const loaded = await runWith(vitest, first, '✓ ask', ...passed)
  expect(vitest.requests.length).toBeGreaterThan(100)
  const before = vitest.requests.length
  edit(join(vitest.folder, 'a.arazzo.yaml'), 'workflowId: a', 'workflowId: again')
  await runWith(vitest, loaded, 'again', '✓ ask', skipped[0]!)
  expect(vitest.requests.length).toBeLessThan(before + 10)
})

test('without a terminal, as in an editor, they run as others do', { timeout: 240_000 }, async () => {
  const vitest = await watch('none')
  await runWith(vitest, 0, '✓ ask', ...passed)
  expect(vitest.requests.length).toBeGreaterThan(100)
})
