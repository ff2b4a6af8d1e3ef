import { expect, test } from 'vitest'
import { findNewSteps } from '../../src/compare/new-steps/find.ts'
import { readArazzo } from '../../src/document/read.ts'
import { openRun, toEnd } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/* Runs of a workflow on two servers before any load; comparisons as a whole are in new-steps.test.ts. */

type Statuses = Record<string, number>

const ALL: Statuses = { '/items': 200, '/stats': 200 }
const criterion = 'successCriteria: [{ condition: $statusCode == 200 }]'

async function found(base: Statuses, head: Statuses) {
  const folder = project({
    'api.json': openapi({ list: ['get', '/items'], stats: ['get', '/stats'] }),
    'main.arazzo.yaml': arazzo(`  - workflowId: main
    steps:
      - { stepId: list, operationId: list, ${criterion} }
      - { stepId: stats, operationId: stats, onFailure: [{ name: on, type: end }], ${criterion} }`),
  })
  const { document } = await readArazzo(`${folder}/main.arazzo.yaml`)
  const serveAll = (statuses: Statuses) =>
    serve(({ url }) => ({ status: statuses[url] ?? 404, body: { message: `no ${url}` } }))
  const servers = { base: (await serveAll(base)).origin, head: (await serveAll(head)).origin }
  const { document: _, ...rest } = await findNewSteps({
    document: document!,
    workflowId: 'main',
    rows: 1,
    keysOf: ({ workflows }) => workflows[0]!.steps.map(({ stepId }) => stepId),
    run: (side, document) => toEnd(openRun(document, 'main', { servers: servers[side] })),
  })
  return rest
}

test('a route that base lacks is new, and one that head lacks is lost', async () => {
  expect((await found({ '/items': 200 }, ALL)).newSteps).toEqual([{ step: 'stats', route: 'GET /stats', status: 404 }])
  expect(await found(ALL, { '/items': 200 })).toMatchObject({ newSteps: [], fault: expect.stringContaining('stats') })
})

test('a route that both lack is neither, and no side is broken', async () => {
  expect(await found({ '/items': 200 }, { '/items': 200 })).toEqual({ newSteps: [] })
})

test.each(['base', 'head'] as const)('a step that fails on %s alone is named', async side => {
  const [broken, sound] = [{ ...ALL, '/stats': 500 }, ALL]
  const { newSteps, broken: named } = side === 'base' ? await found(broken, sound) : await found(sound, broken)
  expect(newSteps).toEqual([])
  expect(named).toMatchObject({ side, found: expect.stringContaining('stats') })
})
