import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Coordinator, openCoordinator } from '../../../plugin/coordinator/server.ts'
import { builtPlugin } from '../server/built.ts'
import { Actor } from './actor.ts'

const built = await builtPlugin()
let coordinator: Coordinator
const actors: Actor[] = []

beforeEach(async () => {
  coordinator = await openCoordinator()
})

afterEach(async () => {
  await Promise.all(actors.splice(0).map(actor => actor.kill()))
  await coordinator.close()
})

const addressOf = (it: Coordinator) => ({ ...it.address, project: 'unit' })

/** A worker that has begun with a test file. */
async function enter(file: string): Promise<Actor> {
  const actor = actorOf()
  await actor.tell({ do: 'enter', coordinator: addressOf(coordinator), file })
  return actor
}

function actorOf(): Actor {
  const actor = new Actor(built)
  actors.push(actor)
  return actor
}

/** Whether something is still to come, after whatever is on its way has arrived. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, setTimeout(100, pending)])) === pending
}

test('test files run beside one another', async () => {
  await Promise.all([enter('/a.test.ts'), enter('/b.test.ts')])
})

test('a load waits until the other files have left, and files wait until the load has ended', async () => {
  const [a, b] = await Promise.all([enter('/a.test.ts'), enter('/b.test.ts')])
  const loading = a.tell({ do: 'load', name: 'peak' })
  expect(await isPending(loading)).toBe(true)
  const late = enter('/late.test.ts')
  expect(await isPending(late)).toBe(true)
  await b.tell({ do: 'leave' })
  await loading
  expect(await isPending(late)).toBe(true)
  await a.tell({ do: 'finish' })
  await late
})

test('six processes with two loads each: no load overlaps another, and every one gets its turn', async () => {
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map(n => enter(`/${n}.test.ts`)))
  type Span = { from: string; to: string }
  const spans = await Promise.all(
    files.map(async file => {
      const first = await file.tell<Span>({ do: 'load for', name: 'first', time: 40 })
      const second = await file.tell<Span>({ do: 'load for', name: 'second', time: 40 })
      await file.tell({ do: 'leave' })
      return [first, second]
    }),
  )
  const inOrder = spans
    .flat()
    .map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))
    .sort((a, b) => Number(a.from - b.from))
  expect(inOrder).toHaveLength(12)
  for (const [i, { from }] of inOrder.entries()) if (i > 0) expect(from).toBeGreaterThan(inOrder[i - 1]!.to)
})

test('a worker that is killed in its load, or in its turn, holds nothing up', async () => {
  const [a, b, c] = await Promise.all([enter('/a.test.ts'), enter('/b.test.ts'), enter('/c.test.ts')])
  const loading = a.tell({ do: 'load', name: 'peak' })
  await b.kill()
  await c.kill()
  await loading
  const late = enter('/late.test.ts')
  expect(await isPending(late)).toBe(true)
  await a.kill()
  await late
  expect(coordinator.board.loads).toEqual([])
})

test('a load that was killed while it waited lets files in again', async () => {
  const a = await enter('/a.test.ts')
  const b = await enter('/b.test.ts')
  const waiting = a.tell({ do: 'load', name: 'peak' })
  const late = enter('/late.test.ts')
  expect(await isPending(late)).toBe(true)
  await a.kill()
  await expect(waiting).rejects.toThrow('The actor has ended.')
  await late
  await b.tell({ do: 'leave' })
})

test('a file that ended without leaving is put out by the main process; its load is not', async () => {
  const a = await enter('/a.test.ts')
  await enter('/broken.test.ts')
  const loading = a.tell({ do: 'load', name: 'peak' })
  expect(await isPending(loading)).toBe(true)
  coordinator.fileEnded('/broken.test.ts', 'another project')
  expect(await isPending(loading)).toBe(true)
  coordinator.fileEnded('/broken.test.ts', 'unit')
  await loading
  coordinator.fileEnded('/a.test.ts', 'unit')
  expect(await isPending(enter('/late.test.ts'))).toBe(true)
})

test('a load that outlasts its file keeps everybody out, the next file of its own worker as well', async () => {
  const a = await enter('/a.test.ts')
  await a.tell({ do: 'load', name: 'endless' })
  await a.tell({ do: 'leave' })
  const next = a.tell({ do: 'enter', coordinator: addressOf(coordinator), file: '/next.test.ts' })
  const late = enter('/late.test.ts')
  expect(await isPending(next)).toBe(true)
  expect(await isPending(late)).toBe(true)
  await a.tell({ do: 'finish' })
  await Promise.all([next, late])
})

test('the board shows a load that waits, how it gets on, and nothing once it has ended', async () => {
  const { board } = coordinator
  const a = await enter('/a.test.ts')
  const b = await enter('/b.test.ts')
  const seen: string[] = []
  board.watch(load => seen.push(`${load.name} ${load.state} ${JSON.stringify(load.progress)}`))
  const loading = a.tell({ do: 'load', name: 'peak' })
  await expect.poll(() => board.loads).toEqual([{ name: 'peak', file: '/a.test.ts', state: 'waiting' }])
  await b.tell({ do: 'leave' })
  await loading
  await a.tell({ do: 'progress', name: 'peak', progress: { elapsed: 1000 } })
  await expect
    .poll(() => board.loads)
    .toEqual([{ name: 'peak', file: '/a.test.ts', state: 'running', progress: { elapsed: 1000 } }])
  await a.tell({ do: 'finish' })
  await expect.poll(() => board.loads).toEqual([])
  await a.tell({ do: 'progress', name: 'peak', progress: { elapsed: 2000 } })
  expect(seen).toEqual(['peak waiting undefined', 'peak running undefined', 'peak running {"elapsed":1000}'])
})

test('who does not know the token is shown the door', async () => {
  const socket = connect(coordinator.address.port, '127.0.0.1')
  socket.write('{"tell":"token","token":"guess"}\n{"tell":"claim","claim":1,"mode":"exclusive"}\n')
  await once(socket, 'close')
  await enter('/a.test.ts')
})

test('who sends no line at all is shown the door', async () => {
  const socket = connect(coordinator.address.port, '127.0.0.1')
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  const timer = setInterval(() => socket.write('x'.repeat(10_000)), 1)
  await closed
  clearInterval(timer)
})

test('a coordinator that goes away fails those who wait', async () => {
  const a = await enter('/a.test.ts')
  await enter('/b.test.ts')
  const waiting = a.tell({ do: 'load', name: 'peak' })
  expect(await isPending(waiting)).toBe(true)
  await coordinator.close()
  await expect(waiting).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to wait for the other tests: the connection to Vitest was lost. Is the process that runs Vitest still there?]`,
  )
  const late = actorOf().tell({ do: 'enter', coordinator: addressOf(coordinator), file: '/late.test.ts' })
  await expect(late).rejects.toThrow('Failed to wait for the other tests')
})
