import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openThreads, type TaskOfThread, type ThreadEnd } from '../../src/load/run/pool.ts'

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

function open(name: string) {
  const ends: number[] = []
  // None of these threads looks at its task.
  const tasks = [{}, {}] as unknown as TaskOfThread[]
  const threads = openThreads(worker(name), tasks, {
    onInterval: () => {},
    onAsk: () => {},
    onEnd: (thread: number, _end: ThreadEnd) => ends.push(thread) && ends.sort(),
  })
  return { threads, ends }
}
