import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocks, files } from '../../scripts/readme.mjs'
import { runSuite, writeSuite } from '../plugin/suites/run-suite.ts'
import { root } from './pages.ts'

/* The causes that the guide shows are those of its application, but for figures. */

const page = join(root, 'docs/guide/why-red.md')

/** Workflows with the budget that each misses, whatever the machine. */
const MISSED = {
  price: { cpuPerRequest: '1us' },
  stock: { p50: '20ms' },
  basket: { p50: '20ms' },
  visit: { memory: '10MB' },
  upload: { memory: '10MB' },
}
const names = Object.keys(MISSED) as (keyof typeof MISSED)[]

const documents = {
  'openapi.yaml': `openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
servers: [{ url: 'http://127.0.0.1' }]
paths:
${names.map(name => `  /${name}: { get: { operationId: ${name}, responses: { '200': { description: Done } } } }`).join('\n')}
`,
  'shop.arazzo.yaml': `arazzo: 1.0.1
info: { title: Shop, version: 1.0.0 }
sourceDescriptions: [{ name: shop, url: ./openapi.yaml, type: openapi }]
workflows:
${names.map(name => `  - { workflowId: ${name}, steps: [{ stepId: ${name}, operationId: ${name} }] }`).join('\n')}
`,
  'vitest.config.mjs': `import arazzo from 'vitest-arazzo/plugin'
const server = { command: 'node server.js', url: 'http://127.0.0.1:{port}/' }
export default { plugins: [arazzo({ server, maxCauseDuration: '100s' })], test: { include: ['*.load.test.js'] } }
`,
  'shop.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest.each(${JSON.stringify(Object.entries(MISSED))})('%s', (name, budgets) => ({
  workflow: './shop.arazzo.yaml#' + name,
  load: { rps: 50, duration: '2s', warmUp: '200ms', maxVus: 200 },
  budgets,
}))
`,
}

/** A cause without figures but those of lines, and without the functions behind the first. */
const wordsOf = (line: string) =>
  line
    .replace(/\(\S*server/, '(server')
    .replace(/;.*(?=\. The event)/, '')
    .replace('1,000 requests', 'requests')
    .replace(/127\.0\.0\.1:\d+/, 'SERVICE')
    .replaceAll(/(?<![:\d.])\d[\d.]*(?: [kMG]?B)?/g, '#')

test('each cause that is shown is that of the application', { timeout: 600_000 }, async () => {
  // Comparisons are those of test/plugin/compare/cause.test.ts.
  const causes = blocks(page).filter(text => text.startsWith('Cause: ') && !text.includes('base made'))
  const shown = causes.map(text => text.trim().replaceAll(/\n\s*/g, ' '))
  expect(shown).toHaveLength(names.length)
  const application = Object.fromEntries(files(page).map(({ file, text }) => [file, text]))
  const { printed } = await runSuite(await writeSuite({ ...documents, ...application }))
  const told = (printed.match(/Cause: .*/g) ?? []).map(wordsOf)
  expect(told, printed).toEqual(expect.arrayContaining(shown.map(wordsOf)))
})
