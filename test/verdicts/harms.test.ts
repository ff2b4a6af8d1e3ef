import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/* README.md in this folder is a table of harms: each test that it names exists. */

const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter(line => line.startsWith('| ') && !/^\| (?:---|misbehaviour )/.test(line))
    .map(line => line.slice(2).split(' | '))
const table = rowsOf(readFileSync(new URL('README.md', import.meta.url), 'utf8'))
const shared = fileURLToPath(new URL('../../../shared/notes/harms.md', import.meta.url))

test.each(table)('%s', (_, shown) => {
  const named = [...shown!.matchAll(/\]\(([^)]+)\) "([^"]+)"/g)]
  expect(named.length > 0 || shown!.startsWith('Open: ')).toBe(true)
  const absent = named.filter(
    ([, file, name]) => !readFileSync(new URL(file!, import.meta.url), 'utf8').includes(name!),
  )
  expect(absent.map(([text]) => text)).toEqual([])
})

test.runIf(existsSync(shared))('each row of the list has one here', () => {
  const names = rowsOf(readFileSync(shared, 'utf8')).map(([name]) => name)
  expect(names.length).toBeGreaterThan(30)
  expect(table.map(([name]) => name)).toEqual(names)
})
