import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimeQueue } from '../../src/load/pace/closed-model.ts'

test('gives back what is due, the earliest first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 })), fc.integer({ min: 0, max: 100 }), (times, by) => {
      const queue = new TimeQueue<number>()
      for (const at of times) queue.push(at, at)
      const taken: number[] = []
      for (let item = queue.take(by); item !== undefined; item = queue.take(by)) taken.push(item)
      const sorted = times.toSorted((a, b) => a - b)
      expect(taken).toEqual(sorted.filter(at => at <= by))
      expect(queue.next).toBe(sorted.find(at => at > by))
    }),
  )
})
