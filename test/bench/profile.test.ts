import { Session } from 'node:inspector/promises'
import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { callTree, functionOf, roomOf, sharesBy } from '../../bench/profile/call-tree.ts'
import { renderFlameGraph } from '../../bench/profile/flame-graph.ts'

function spinTheWheel(until: number): number {
  let turns = 0
  while (performance.now() < until) turns++
  return turns
}

test('the function that takes the time is named, by a profile of this very process', async () => {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  spinTheWheel(performance.now() + 300)
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()

  const root = callTree(profile, 60, url => (url.includes('profile.test') ? 'test/profile' : url))
  expect(root.total).toBeGreaterThan(250_000)
  const shares = sharesBy(root, functionOf)
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  expect(shares.slice(0, 5).map(({ name }) => name)).toContain('spinTheWheel  test/profile')
  const page = renderFlameGraph('A wheel <b>', root)
  expect(page).toContain('>spinTheWheel</div>')
  expect(page).toContain('<h1>A wheel &#60;b&#62;</h1>')
})

const node = (id: number, functionName: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 },
  children,
})

test('only the end of a profile counts', () => {
  const profile = {
    nodes: [node(1, '(root)', [2, 3]), node(2, 'start'), node(3, 'load')],
    startTime: 0,
    endTime: 3_000_000,
    samples: [2, 3, 3],
    timeDeltas: [0, 2_000_000, 500_000],
  }
  const root = callTree(profile, 1, () => '')
  expect(sharesBy(root, ({ name }) => name).filter(({ share }) => share > 0)).toEqual([{ name: 'load', share: 1 }])
})

test.each([
  ['read', 'src/http/wire/parser.ts', 'src/http/wire'],
  ['send', 'src/http/socket.ts', 'src/http'],
  ['now', 'src/measure/clock.ts', 'src/measure'],
  ['write', 'node:net', "Node's own JavaScript (streams, net, timers)"],
  ['writeLatin1String', '', 'writing to sockets (system calls)'],
  ['(garbage collector)', '', '(garbage collector)'],
  ['wasm-function[47]', 'wasm://wasm/0009ddfa', 'packages'],
])('%s of %s counts for %s', (name, where, room) => {
  expect(roomOf({ name, where, self: 0, total: 0, children: [] })).toBe(room)
})
