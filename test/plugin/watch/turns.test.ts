import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../../plugin/watch/restarts.ts'

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
