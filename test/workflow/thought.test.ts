import { expect, test } from 'vitest'
import type { Clock } from '../../src/measure/clock.ts'
import { Thought } from '../../src/workflow/thought.ts'

test('a user has thought while lanes thought and none did anything else', () => {
  let now = 0
  const thought = new Thought({ now: () => now } as Clock)
  const at = (time: number, what: () => void) => {
    now = time
    what()
    return thought.total
  }
  thought.begin()
  thought.starts() // one lane
  at(10, () => thought.thinks())
  expect(thought.isThinking).toBe(true)
  expect(at(30, () => thought.wakes())).toBe(20)
  thought.starts() // another
  at(40, () => thought.thinks())
  expect(thought.isThinking).toBe(false)
  at(50, () => thought.thinks())
  // Both think from 50 to 70, and the first alone is of no account from then on.
  expect(at(70, () => thought.wakes())).toBe(40)
  at(80, () => thought.rests())
  expect(at(90, () => thought.wakes())).toBe(50)
})
