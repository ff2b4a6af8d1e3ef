import { expect, test } from 'vitest'
import { claimOf, failed, failure, reasonOf, wordsOf } from '../../src/ground/fault.ts'

test.each([
  ['it is not there', 'it is not there.'],
  ['it ends with a full stop.', 'it ends with a full stop.'],
  ['it goes on...', 'it goes on...'],
  ['is that a file?', 'is that a file?'],
  ['Stop!', 'Stop!'],
])('a sentence ends as what was found ends: %s', (found, end) => {
  expect(failed('read', 'x', found)).toBe(`Failed to read x: ${end}`)
  expect(failed('read', 'x', found, 'Look there.')).toBe(`Failed to read x: ${end} Look there.`)
  expect(wordsOf({ found, advice: 'Look there.' })).toBe(`${end} Look there.`)
  expect(wordsOf({ found })).toBe(found)
})

test('advice is as plain as what was found', () => {
  expect(failed('read', 'x', 'it is \x1b[31mred', 'Write \x1b[32mgreen.')).toBe(
    'Failed to read x: it is red. Write green.',
  )
})

test('an error of ours gives its parts, one of others is taken whole, whatever it begins with', () => {
  const ours = reasonOf(failure('read', 'x', 'it is gone', 'Look there.'))
  expect(ours).toEqual({ verb: 'read', thing: 'x', found: 'it is gone', advice: 'Look there.' })
  expect(claimOf(ours as never)).toBe('Failed to read x: it is gone')
  expect(reasonOf(new TypeError('Failed to fetch'))).toEqual({ found: 'Failed to fetch' })
})
