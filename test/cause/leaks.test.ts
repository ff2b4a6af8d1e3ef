import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { lookAtMemory } from '../../src/cause/look-at-memory.ts'
import { causeOfGrowingMemory } from '../../src/cause/memory.ts'
import type { Launch } from '../../src/compare/pair.ts'
import type { Cause, LoadReport } from '../../src/measure/report.ts'
import { profiled } from './profiled.ts'

/* Leaks of a real server under load. */

const SERVER = `const kept = []
function remember(url) {
  for (let i = 0; i < 1000; i++) kept.push({ url, i })
}
function keep() {
  kept.push(Buffer.alloc(200_000, 1))
}
const waste = () => Array.from({ length: 2000 }, (_, i) => ({ i })).length
const routes = { '/remember': remember, '/keep': keep, '/waste': waste }
const server = require('node:http').createServer((request, response) => {
  routes[request.url](request.url)
  response.end('{}')
})
server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)))`

/** Puts load on a route of the server, one request after the other. */
async function causeIn(route: string): Promise<Cause> {
  const { profilers, folder, first: port } = await profiled(SERVER, [], true)
  const look = await lookAtMemory({
    checkout: folder,
    signal: new AbortController().signal,
    maxDuration: 16_000,
    launch: async () => ({ profilers, stop: async () => {} }) as Launch,
    load: async (_, { warmUp, duration }) => {
      const length = warmUp + duration
      let requests = 0
      for (const end = performance.now() + length; performance.now() < end; requests++) {
        await (await fetch(`http://127.0.0.1:${port}${route}`)).text()
        await sleep(10)
      }
      return { rps: requests / (length / 1_000) } as LoadReport
    },
  })
  return causeOfGrowingMemory(look.checkpoints, look.requests)
}

const slow = { timeout: 240_000 }

test('objects that stay are those of the function that made them', slow, async () => {
  const cause = await causeIn('/remember')
  expect(cause).toMatchObject({
    kind: 'growth',
    functions: [{ function: { name: 'remember', file: 'app.cjs', line: 2 } }],
  })
  // A thousand objects of two fields for each request, and their places in the list.
  const { growth } = (cause as Extract<Cause, { kind: 'growth' }>).functions[0]!
  expect(growth).toBeGreaterThan(20e6)
  expect(growth).toBeLessThan(80e6)
})

test('buffers that stay are outside of the heap', slow, async () => {
  const cause = await causeIn('/keep')
  expect(cause).toMatchObject({ kind: 'outside heap' })
  expect((cause as Extract<Cause, { kind: 'outside heap' }>).buffers).toBeGreaterThan(150e6)
})

test('objects that do not stay are no cause', slow, async () => {
  expect(await causeIn('/waste')).toMatchObject({
    kind: 'not found',
    reason: expect.stringContaining('does not go on growing'),
  })
})
