import { expect, test } from 'vitest'
import { helpOf } from '../../src/cli/help.ts'
import { commands } from '../../src/cli/main.ts'

test('help keeps to the columns of the terminal, to 100 without one, and says the same', async () => {
  const load = await commands.load!()
  const [whole, narrow] = [helpOf(load, 1_000), helpOf(load, 80)]
  const flagLines = (text: string) => text.slice(text.indexOf('How much')).split('\n')
  expect(flagLines(narrow).filter(line => line.length > 80)).toEqual([])
  expect(flagLines(helpOf(load)).filter(line => line.length > 120)).toEqual([])
  expect(flagLines(whole).some(line => line.length > 80)).toBe(true)
  expect(narrow.replaceAll(/\s+/g, ' ')).toBe(whole.replaceAll(/\s+/g, ' '))
})
