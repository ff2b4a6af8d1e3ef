import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshFolder } from '../builders/folder.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli } from './cli.ts'
import { openLibrary } from './library.ts'

/* Budgets that speak of the base, on the command line, which has none. */

const scratch = freshFolder('cli-base')

const built = await builtPlugin()
const library = await openLibrary()
afterAll(() => library.close())

const openapi = new URL('../../fixtures/openapi/library.yaml', import.meta.url).pathname

function placeWith(budgets: string): string {
  writeFileSync(
    join(scratch, 'library.arazzo.yaml'),
    `arazzo: 1.0.1
info: { title: Library, version: 1.0.0 }
sourceDescriptions: [{ name: library, url: ${openapi}, type: openapi }]
workflows:
  - workflowId: browse
    x-load-test: { mode: rps, rps: 50, duration: 1s, budgets: ${budgets} }
    steps: [{ stepId: list, operationId: listBooks, successCriteria: [{ condition: $statusCode == 200 }] }]
`,
  )
  return scratch
}

const loaded = (folder: string, ...flags: string[]) =>
  askCli(built, ['load', 'library.arazzo.yaml', '--server', library.url, '--quiet', ...flags], folder)

const BOTH = '{ errorRate: 1%, p50: [5s, base + 10%] }'

test('a document may have them, and a slip in one is found', async () => {
  expect(await askCli(built, ['validate'], placeWith(BOTH))).toMatchObject({ code: 0 })
  const { code, stdout } = await askCli(built, ['validate'], placeWith('{ p99: base * 2, cpuPerRequest: bse + 5% }'))
  expect(code).toBe(2)
  expect(stdout).toContain('"base * 2" does not say how far from the base it may be')
  expect(stdout).toContain('"bse + 5%" is not a duration')
})

test('a load judges the others, and says that it does not judge them', async () => {
  const { code, stdout, stderr } = await loaded(placeWith(BOTH))
  expect(code).toBe(0)
  expect(stdout).toMatch(/p50 \S+ m?s <= 5 s/)
  expect(stderr).toContain('p50 <= base + 10 % is not judged: there is no base here.')
})

test('one that is asked for is refused', async () => {
  const { code, stderr } = await loaded(placeWith('{ errorRate: 1% }'), '--budget', 'p99<=base + 10%')
  expect(code).toBe(2)
  expect(stderr).toContain('Failed to read --budget p99: there is no base to compare with here.')
})
