import { describe, expect, test } from 'vitest'
import type { FeedPlan } from '../../../src/load/feed/feed.ts'
import { type Feed, openFeed, SharedCounters, type ThreadQuery } from '../../../src/load/feed/feed.ts'
import { steadyServer } from '../../simulate/fake-user.ts'
import { simulate } from '../../simulate/simulate.ts'

const calledFeed = () => openFeed({ kind: 'called', per: 'iteration' }, new SharedCounters(), 1) as Required<Feed>

const rows = (n: number) => Array.from({ length: n }, (_, row) => ({ row }))
type Options = Partial<Omit<Extract<FeedPlan, { kind: 'rows' }>, 'kind' | 'rows'>>

function planOf(n: number, options: Options = {}): FeedPlan {
  const defaults = { order: 'sequential', per: 'iteration' } as const
  return { kind: 'rows', rows: rows(n), ...defaults, ...options }
}

const countOf = (query: ThreadQuery) => (query.type === 'need rows' ? query.rows : 0)

/** What is taken for so many places; undefined once it is over. */
const take = (feed: Feed, places: readonly number[]) =>
  places.map(place => (feed.claim(place) === 'ready' ? feed.take(place, place).row : undefined))

describe('rows for iterations', () => {
  test('in order, over all threads, and from the beginning again', () => {
    const counters = new SharedCounters()
    const [a, b] = [1, 2].map(() => openFeed(planOf(3), counters, 1)) as [Feed, Feed]
    expect([take(a, [0]), take(b, [1, 2, 3]), take(a, [4])].flat()).toEqual([0, 1, 2, 0, 1])
  })

  test('what was claimed stays claimed', () => {
    const feed = openFeed(planOf(3), new SharedCounters(), 1)
    expect([feed.claim(0), feed.claim(0), feed.take(0, 0), feed.claim(0), feed.take(0, 0)]).toEqual([
      ...['ready', 'ready', { row: 0 }, 'ready', { row: 1 }],
    ])
  })

  test('each once, and then it is over', () => {
    const counters = new SharedCounters()
    const plan = planOf(3, { order: 'unique' })
    const [a, b] = [1, 2].map(() => openFeed(plan, counters, 1)) as [Feed, Feed]
    expect([take(a, [0, 1]), take(b, [2]), take(a, [3]), take(b, [4])].flat()).toEqual([
      ...[0, 1, 2, undefined, undefined],
    ])
    expect([a.isOver, b.isOver]).toEqual([true, true])
  })

  test('at random: by the seed and the number of the iteration, whatever the thread', () => {
    const plan = planOf(10, { order: 'random' })
    const places = Array.from({ length: 1_000 }, (_, place) => place)
    const all = take(openFeed(plan, new SharedCounters(), 7), places)
    expect(take(openFeed(plan, new SharedCounters(), 7), places.toReversed())).toEqual(all.toReversed())
    expect(take(openFeed(plan, new SharedCounters(), 8), places)).not.toEqual(all)
    const counts = rows(10).map(({ row }) => all.filter(other => other === row).length)
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(4 * Math.sqrt(100))
  })
})

describe('rows for users', () => {
  test('each has the one of its number', () => {
    expect(take(openFeed(planOf(3, { per: 'vu' }), new SharedCounters(), 1), [4, 0, 2])).toEqual([1, 0, 2])
    const unique = openFeed(planOf(3, { per: 'vu', order: 'unique' }), new SharedCounters(), 1)
    expect(take(unique, [2, 3])).toEqual([2, undefined])
    // The others go on.
    expect(unique.isOver).toBe(false)
  })
})

describe('a run', () => {
  test('ends when its rows are used up, and is complete', async () => {
    const plan = planOf(25, { order: 'unique' })
    const open = await simulate({ rate: 10, duration: '10s', warmUp: 0 }, steadyServer(50), { feed: plan })
    expect(open.whole).toEqual({ due: 25, dropped: 0, started: 25, passed: 25, failed: 0, aborted: 0 })
    expect(open.ended).toEqual({ reason: 'completed', at: 2_500, isUsedUp: true })
    expect(open.window).toEqual({ from: 0, to: 2_500 })
    const closed = await simulate({ vus: 3, duration: '10s', warmUp: 0 }, steadyServer(50), { feed: plan })
    expect(closed.whole).toMatchObject({ started: 25, passed: 25 })
    expect(closed.ended).toMatchObject({ reason: 'completed', isUsedUp: true })
  })

  test('that has rows for its iterations runs to its end', async () => {
    const plan = planOf(100, { order: 'unique' })
    const run = await simulate({ rate: 10, duration: '10s', warmUp: 0 }, steadyServer(50), { feed: plan })
    expect(run.ended).toEqual({ reason: 'completed', at: 10_000 })
  })

  test('has no more users than rows, where each keeps one', async () => {
    const feed = planOf(4, { per: 'vu', order: 'unique' })
    const run = await simulate({ rate: 100, duration: '5s', warmUp: 0 }, steadyServer(100), { feed })
    // 4 users of 100 ms serve 40/s.
    expect(run.whole).toMatchObject({ due: 500, dropped: 300 })
    expect(run.ended.isUsedUp).toBeUndefined()
  })

  test('waits for rows that come late, which is the fault of the generator', async () => {
    const feed = calledFeed()
    const run = await simulate({ rate: 100, duration: '2s', warmUp: 0 }, steadyServer(10), {
      feed,
      script(clock) {
        const ask = (query: ThreadQuery) =>
          void clock.after(500, () => feed.give({ type: 'rows', rows: rows(countOf(query)), isLast: false }))
        void feed.open(ask, [], () => clock.now())
      },
    })
    expect(run.whole).toMatchObject({ due: 200, dropped: 0, passed: 200 })
    expect(run.lateness.max).toBeGreaterThan(300)
    expect(run.responseTime.max).toBeGreaterThan(300)
    expect(run.serviceTime.max).toBeLessThan(11)
  })
})

describe('rows that are asked for', () => {
  test('are asked for ahead, in greater numbers when they go fast', () => {
    const asked: number[] = []
    let now = 0
    const feed = calledFeed()
    const clock = () => now
    void feed.open(query => asked.push(countOf(query)), [], clock)
    expect([feed.claim(0), asked]).toEqual(['waiting', [32]])
    feed.give({ type: 'rows', rows: rows(32), isLast: false })
    for (let i = 0; i < 16; i++) feed.take(0, 0)
    expect(asked).toEqual([32, 48])
    feed.give({ type: 'rows', rows: rows(48), isLast: false })
    now = 10_000
    for (let i = 0; i < 32; i++) feed.take(0, 0)
    expect(asked).toEqual([32, 48, 32])
  })

  test('come to an end', () => {
    const feed = calledFeed()
    void feed.open(() => {}, [], Date.now)
    feed.give({ type: 'rows', rows: rows(1), isLast: true })
    const found = [feed.claim(0), feed.take(0, 0), feed.isOver, feed.claim(0), feed.isOver]
    expect(found).toEqual(['ready', { row: 0 }, false, 'over', true])
  })
})
