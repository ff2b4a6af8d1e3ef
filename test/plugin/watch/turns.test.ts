import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns, WrittenFiles } from '../../../plugin/watch/restarts.ts'

/** What is made of a file that changes in each of these phases; `true` is one while nothing runs. */
function changes(...idle: boolean[]): string[] {
  const files = new WrittenFiles()
  return idle.map(isIdle => {
    files.phaseStarts()
    return files.changed('data.json', isIdle)
  })
}

test('what changes in four phases in a row is written by what runs', () => {
  expect(changes(false, false, false, false, false)).toEqual(['changed', 'changed', 'changed', 'written', 'left'])
})

test('what somebody saves while nothing runs always counts, and counting begins anew', () => {
  expect(changes(false, false, false, true, false, true)).toEqual(Array(6).fill('changed'))
  expect(changes(false, false, false, false, false, true, false).slice(-3)).toEqual(['left', 'changed', 'changed'])
})

test('several changes in one phase are one', () => {
  const files = new WrittenFiles()
  files.phaseStarts()
  expect(Array.from({ length: 9 }, () => files.changed('a.js', false))).toEqual(Array(9).fill('changed'))
})

test('phases of starting and of running take turns; longer gaps begin anew', () => {
  const files = new WrittenFiles()
  const seen = [2, 4, 6, 9, 11, 13, 15].map((phase, index, all) => {
    for (let at = all[index - 1] ?? 0; at < phase; at++) files.phaseStarts()
    return files.changed('data.json', false)
  })
  expect(seen).toEqual([...Array(6).fill('changed'), 'written'])
})

test('two runs that ask at the same time begin one after the other', async () => {
  const turns = new Turns(async () => {})
  const log: string[] = []
  const asked = ['one', 'two'].map(name => turns.next().then(() => log.push(name)))
  await asked[0]
  turns.runStarts()
  await setImmediate()
  expect(log).toEqual(['one'])
  expect(turns.sinceLast).toBe(0)
  turns.runEnds()
  await asked[1]
  expect(log).toEqual(['one', 'two'])
})

test('a run that did not ask is waited for', async () => {
  let end = () => {}
  const goesOn = new Promise<void>(resolve => {
    end = resolve
  })
  const turns = new Turns(() => goesOn)
  let isLet = false
  const asked = turns.next().then(() => {
    isLet = true
  })
  await setImmediate()
  expect(isLet).toBe(false)
  end()
  await asked
})
