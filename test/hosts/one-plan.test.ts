import { expect, test } from 'vitest'
import type { FeedPlan } from '../../src/load/feed/feed.ts'
import { FakeUser, steadyServer } from '../simulate/fake-user.ts'
import { simulate } from '../simulate/simulate.ts'

/* The same plan in virtual time, whole and shared out: what begins, when, and with which inputs. */

const rows = Array.from({ length: 150 }, (_, row) => ({ row }))
const feedOf = (more: Partial<Extract<FeedPlan, { kind: 'rows' }>>): FeedPlan => ({
  ...{ kind: 'rows', rows, order: 'sequential', per: 'iteration' },
  ...more,
})

/** `moment: row` of each iteration that so many threads begin, which know nothing of one another. */
async function begunBy(count: number, shape: object, feed: FeedPlan): Promise<string[]> {
  const begun: string[] = []
  for (let index = 0; index < count; index++)
    await simulate(shape, steadyServer(30), {
      share: { index, count },
      feed,
      makeUser(clock, recorder, think) {
        const user = new FakeUser(steadyServer(30), clock, recorder, 1, think)
        const start = user.start.bind(user)
        user.start = (inputs, done) => {
          begun.push(`${clock.now()}: ${JSON.stringify(inputs)}`)
          start(inputs, done)
        }
        return user
      },
    })
  return begun.sort()
}

test.each<[string, object, Partial<Extract<FeedPlan, { kind: 'rows' }>>]>([
  ['arrivals at a rate, rows in order', { rate: 50 }, {}],
  ['each row once', { rate: 25 }, { order: 'unique' }],
  ['rows at random', { rate: 50 }, { order: 'random' }],
  ['requests at a rate', { rps: 50 }, {}],
  ['a rate that changes', { rate: 40, rampUp: '2s', rampDown: '1s' }, {}],
])(
  '%s: the same iterations begin at the same moments with the same rows by 1, 2 and 4 hosts',
  async (_, load, feed) => {
    const shape = { duration: '5s', warmUp: 0, ...load }
    const [one, two, four] = await Promise.all([1, 2, 4].map(count => begunBy(count, shape, feedOf(feed))))
    expect(one!.length).toBeGreaterThan(100)
    expect(two).toEqual(one)
    expect(four).toEqual(one)
  },
)
