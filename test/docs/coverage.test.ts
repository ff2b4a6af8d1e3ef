import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { files } from '../../scripts/readme.mjs'
import { arazzo, openapi } from '../builders/project.ts'
import { runSuite, writeSuite } from '../plugin/suites/run-suite.ts'

interface Written {
  result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[]
}

test('the application of docs/reference/application.md leaves its coverage where the page says', async () => {
  const shown = files('docs/reference/application.md').filter(({ file }) => file.startsWith('coverage/'))
  expect(shown).toHaveLength(2)
  const folder = await writeSuite({
    ...Object.fromEntries(shown.map(({ file, text }) => [file.replace('coverage/', ''), text])),
    'api.json': openapi({ greet: ['get', '/greet'] }),
    'flow.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: greet, operationId: greet }] }'),
  })
  const { tree, exitCode } = await runSuite(folder)
  expect(exitCode, tree).toBe(0)
  const raw = join(folder, 'coverage/raw')
  const scripts = readdirSync(raw).flatMap(
    name => (JSON.parse(readFileSync(join(raw, name), 'utf8')) as Written).result,
  )
  const functions = scripts.filter(({ url }) => url.endsWith('/server.mjs')).flatMap(({ functions }) => functions)
  const counts = Object.fromEntries(functions.map(({ functionName, ranges }) => [functionName, ranges[0]!.count]))
  // Once by the plugin, which asks whether it is ready, at least, and once by the workflow.
  expect(counts.greet).toBeGreaterThanOrEqual(2)
  expect(counts.refuse).toBe(0)
})
