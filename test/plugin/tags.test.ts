import { expect, test } from 'vitest'
import { mayHaveTags } from '../../plugin/tags.ts'

test.each<[filter: string, tags: string[], may: boolean]>([
  ['smoke', ['smoke'], true],
  ['smoke', ['slow'], false],
  ['smoke', [], false],
  ['sm*', ['smoke'], true],
  ['slow or (smoke and api)', ['api'], true],
  ['slow||(smoke&&api)', ['fast'], false],
  ['rise-and-shine', ['rise-and-shine'], true],
  ['now-or-never AND slow', ['now-or-never', 'slow'], true],
  ['!slow', ['slow'], true],
  ['not slow', [], true],
])('by "%s" tests with the tags %j may run: %s', (filter, tags, may) => {
  expect(mayHaveTags(tags, [filter])).toBe(may)
})

test('each of several filters has to leave them', () => {
  expect(mayHaveTags(['a'], ['a', 'b'])).toBe(false)
  expect(mayHaveTags(['a', 'b'], ['a', 'b'])).toBe(true)
})
