import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { openThreads } from '../../src/load/run/pool.ts'
import type { FromThread, RunTask, ThreadPart } from '../../src/load/thread/protocol.ts'

const worker = (name: string) => fileURLToPath(new URL(`../../fixtures/load/workers/${name}.js`, import.meta.url))

describe('a thread that is gone', () => {
  test.each([
    ['exits', 'the thread exited'],
    ['throws', expect.stringContaining('JSON')],
  ])('%s: it is told with its cause, and nobody waits for it', async (name, cause) => {
    const { threads, ends } = open(name)
    expect(await threads.ready()).toEqual({})
    threads.start(0)
    expect(await threads.ended()).toEqual([
      { state: 'lost', cause },
      { state: 'lost', cause },
    ])
    expect(ends).toEqual([0, 1])
    await threads.close()
  })

  test('before it was ready, too', async () => {
    const { threads } = open('dies-early')
    expect(await threads.ready()).toEqual({})
    expect((await threads.ended()).map(end => end.state)).toEqual(['lost', 'lost'])
    await threads.close()
  })
})

test('a fault of the engine in a thread is an error of the run', async () => {
  const { threads } = open('faulty')
  await expect(threads.ended()).rejects.toThrow('Failed to balance the ledger')
  await threads.close()
})

describe('threads of a load that has ended', () => {
  /** The numbers of a load's threads, which are never given twice. */
  const run = async (count: number, { isNew = false, end = 'well' } = {}) => {
    const { threads } = open('names-itself', count, { isNew, end })
    await threads.ready()
    threads.start(0)
    const ends = await threads.ended().finally(() => threads.close())
    return ends.map(end => (end.state === 'done' ? (end.result as unknown as number) : Number.NaN)).sort()
  }

  test('are those of the next one, to which others are added where it has more', async () => {
    const first = await run(2)
    expect(await run(2)).toEqual(first)
    const more = await run(3)
    expect(more).toEqual(expect.arrayContaining(first))
    expect(new Set(more).size).toBe(3)
  })

  test('are ended where there are more of them than it has: their memory would be in its figures', async () => {
    const first = await run(3)
    const second = await run(2)
    expect(first).toEqual(expect.arrayContaining(second))
    expect(await run(2)).toEqual(second)
    expect(first).not.toEqual(expect.arrayContaining(await run(3)))
  })

  test('are not where the environment has changed, of which they have a copy', async () => {
    const first = await run(1)
    vi.stubEnv('SHOP_URL', 'http://127.0.0.1:1')
    expect(await run(1)).not.toEqual(first)
    vi.unstubAllEnvs()
  })

  test('are not where its own memory is judged', async () => {
    const first = await run(1)
    expect(await run(1, { isNew: true })).not.toEqual(first)
  })

  test.each(['by itself', 'by an error', 'by a fault'])('are not after the last of them has ended %s', async end => {
    const first = await run(2)
    const second = await run(2, { end }).catch(() => [])
    expect(second).not.toEqual(first)
    const third = await run(2)
    for (const thread of first) expect(third).not.toContain(thread)
  })

  test('keep no process from ending', async () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = timers()
    await run(2)
    await delay(100)
    expect(timers()).toBeLessThanOrEqual(before)
  })

  test('are not those of one beside it', async () => {
    await run(1)
    const both = await Promise.all([run(1), run(1)])
    expect(both[0]).not.toEqual(both[1])
  })
})

test('threads that are closed in the middle are stopped, and end by themselves', async () => {
  const { threads } = open('ends-when-stopped')
  await threads.ready()
  threads.start(0)
  const [ends] = await Promise.all([threads.ended(), threads.close()])
  expect(ends.map(({ state }) => state)).toEqual(['done', 'done'])
})

function open(name: string, count = 2, { isNew = false, end = 'well' } = {}) {
  const ends: number[] = []
  // None of these threads looks at more of its task.
  const stop = new SharedArrayBuffer(4)
  const parts = Array.from({ length: count }, (_, i) => ({ stop, ...(i === count - 1 && { end }) }))
  const onMessage = (thread: number, { type }: FromThread) => {
    if (type === 'ended') ends.push(thread)
    ends.sort()
  }
  const threads = openThreads(worker(name), {} as RunTask, parts as unknown as ThreadPart[], onMessage, isNew)
  return { threads, ends }
}
