import { join } from 'node:path'
import { expect, test } from 'vitest'
import { files } from '../../scripts/readme.mjs'
import { unattainable } from '../../src/compare/attainable.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { root } from './pages.ts'

/** The options that a test file gives to `loadTest`. */
function optionsIn(text: string): LoadOptions {
  const [imported, ...body] = text.split('\n\n')
  expect(imported).toContain("import { loadTest } from 'vitest-arazzo'")
  let options: LoadOptions | undefined
  const loadTest = (_: string, given: LoadOptions) => {
    options = given
  }
  new Function('loadTest', body.join('\n\n'))(loadTest)
  return options!
}

test('the guide on pull requests begins with load tests that can be decided: CPU, and p99', async () => {
  const samples = files(join(root, 'docs/guide/pull-requests.md')).filter(({ file }) => file.endsWith('.test.ts'))
  const folder = project({
    'api.json': openapi({ list: ['get', '/items'], pay: ['post', '/payments'] }),
    'shop.arazzo.yaml': arazzo(`  - workflowId: checkout
    steps:
      - { stepId: list, operationId: list }
      - { stepId: pay, operationId: pay }`),
  })
  const keys: string[][] = []
  for (const { text } of samples) {
    const options = { ...optionsIn(text), servers: 'http://127.0.0.1:1' }
    const around = { folder: join(folder, 'load'), application: true, base: true } as const
    const { relative, budgets, load, plan } = loadTestOrThrow(await readLoadTest(options, around))
    expect(budgets).toEqual([])
    const { requestsPerRun } = plan
    expect(unattainable({ budgets: relative, load, requestsPerRun, maxDuration: 90_000 })).toEqual([])
    keys.push(relative.map(({ key }) => key))
  }
  expect(keys).toEqual([
    ['cpuPerRequest', 'memory', 'errorRate'],
    ['p99', 'errorRate'],
  ])
})
