import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const engine = pathToFileURL(fileURLToPath(import.meta.resolve('../../dist/engine.js'))).href

/** Tells of each collection where it is, in every thread. */
const spy = `
const { Session } = require('node:inspector/promises')
const { isMainThread, threadId } = require('node:worker_threads')
const { post } = Session.prototype
Session.prototype.post = function (method, ...rest) {
  process._rawDebug(method, isMainThread ? 'main' : 'thread')
  return post.call(this, method, ...rest)
}
`

/** Where garbage was collected in two loads of a process, each on two threads, the second on those of the first. */
async function collections(before = ''): Promise<string[]> {
  const { origin } = await serve(() => ({ body: {} }))
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'] }),
    'flow.arazzo.yaml': arazzo('  - workflowId: main\n    steps: [{ stepId: ask, operationId: ask }]'),
    'spy.cjs': spy,
    'loads.mjs': `
import { runLoad } from '${engine}'
${before}
const load = { vus: 2, iterations: 4, warmUp: 0, threads: 2 }
for (let n = 0; n < 2; n++) {
  const { state, requests } = await runLoad({ workflow: 'flow.arazzo.yaml', servers: '${origin}', load })
  console.log(state, requests)
}
`,
  })
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['loads.mjs'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '--require ./spy.cjs' },
  })
  expect(stdout).toBe('completed 8\ncompleted 8\n')
  return stderr.split('\n').filter(line => line.startsWith('HeapProfiler.'))
}

test('what preparing left is collected once in the main thread and in each load thread', async () => {
  expect((await collections()).toSorted()).toEqual([
    'HeapProfiler.collectGarbage main',
    'HeapProfiler.collectGarbage thread',
    'HeapProfiler.collectGarbage thread',
  ])
})

test('a main thread with much in its heap is not kept waiting', async () => {
  const much = 'globalThis.much = Array.from({ length: 2e6 }, (_, n) => ({ n, m: [n] }))'
  expect(await collections(much)).toEqual(['HeapProfiler.collectGarbage thread', 'HeapProfiler.collectGarbage thread'])
})
