import { expect, test } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { askCli } from '../../cli/cli.ts'
import { builtPlugin } from '../server/built.ts'
import { failuresIn, runSuite, writeSuite } from './run-suite.ts'

/** Starts Vitest. */
const again = (more = '') => `onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 3${more} }]`
const workflow = (id: string, action: string, more = '') => `
  - workflowId: ${id}
    ${more}
    steps:
      - stepId: pay
        operationId: pay
        successCriteria: [{ condition: $statusCode == 200 }]
        ${action}
`

const files = (workflows: string, more = '') => ({
  'vitest.config.js': `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo({ servers: process.env.API })] })`,
  'api.json': openapi({ pay: ['post', '/pay'] }),
  'pay.arazzo.yaml': arazzo(workflows, more, '1.1.0'),
})

/** Asks for a wait after the first request, and then it is well. */
const limiter = (wait: string) =>
  serve((_, count) => (count === 1 ? { status: 429, headers: { 'retry-after': wait } } : {}))

test.each(cases([['an hour', '3600']], [['a date in ten days', new Date(Date.now() + 864_000_000).toUTCString()]]))(
  'a response that asks for %s fails its step at once, and not when that is over',
  async (_, wait) => {
    const { origin, seen } = await limiter(wait)
    const { tree, output } = await runSuite(await writeSuite(files(workflow('buy', again()))), [], { API: origin })
    expect(tree).toContain('× pay')
    expect(failuresIn(output)).toMatch(
      /not tried again, since .* wait of .* \(Retry-After\), longer than the 5 s that are allowed/,
    )
    expect(output).toContain('(time of the test or load)')
    expect(seen).toHaveLength(1)
  },
)

test('a setup is bounded too', async () => {
  const { origin, seen } = await limiter('3600')
  const setUp = files(
    workflow('buy', again()) + workflow('login', again(), 'x-vitest: { skip: true }'),
    'x-vitest: { setup: "#login" }',
  )
  const { printed: ofSetup } = await runSuite(await writeSuite(setUp), [], { API: origin })
  expect(ofSetup).toMatch(/longer than the 60 s that are allowed/)
  expect(seen).toHaveLength(1)
})

test('a wait of more than five seconds is shown with its reason, and a shorter one is not', async () => {
  const action = `timeout: 20000\n        ${again()}`
  const [slow, terminal, quick] = await Promise.all(['7', '7', '1'].map(limiter))
  const [inSlow, inQuick] = [
    await writeSuite(files(workflow('buy', action))),
    await writeSuite(files(workflow('buy', action))),
  ]
  const byHand = ['run', 'pay.arazzo.yaml#buy', '--server', terminal!.origin]
  // At the same time, since most of it is waiting.
  const [shown, said, hidden] = await Promise.all([
    runSuite(inSlow, [], { API: slow!.origin }),
    askCli(await builtPlugin(), byHand, inSlow),
    runSuite(inQuick, [], { API: quick!.origin }),
  ])
  expect(shown.tree).toContain('✓ pay')
  expect(shown.printed.match(/^buy > pay waiting for .*$/gm)).toEqual([
    'buy > pay waiting for 5 s: step "pay": attempt 2 comes 7 s after status 429',
  ])
  expect(said.code).toBe(0)
  expect(said.stderr).toContain('buy waiting for 5 s: step "pay": attempt 2 comes 7 s after status 429')
  expect(hidden.tree).toContain('✓ pay')
  expect(hidden.printed).not.toContain('waiting for')
})

thoroughly('polling by the document in short intervals is shown when it takes more than five seconds', async () => {
  const server = await serve((_, count) => ({ status: count > 13 ? 200 : 202 }))
  const polling = 'onFailure: [{ name: again, type: retry, retryAfter: 0.5, retryLimit: 20 }]'
  const { tree, printed } = await runSuite(await writeSuite(files(workflow('buy', polling))), [], {
    API: server.origin,
  })
  expect(tree).toContain('✓ pay')
  expect(printed).toMatch(/^buy > pay waiting for 5 s: step "pay": attempt \d+ comes 500 ms after status 202$/m)
})
