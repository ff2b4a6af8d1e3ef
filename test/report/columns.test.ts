import { expect, test } from 'vitest'
import { alignColumns } from '../../src/report/text.ts'

const rows = [
  { name: '', cells: ['requests', 'p99'] },
  { name: 'a step with a long name', cells: ['12,000', '4.5 ms'], paint: (line: string) => `<${line}>` },
  { name: 'b', cells: ['7'] },
]

test('figures stand under their header, to the right', () => {
  expect(alignColumns(rows, 80).join('\n')).toMatchInlineSnapshot(`
    "                          requests      p99
    <a step with a long name     12,000   4.5 ms>
    b                                7"
  `)
})

test('a narrow table first loses space, then the middle of names, then columns that can be spared', () => {
  expect(alignColumns(rows, 40).join('\n')).toMatchInlineSnapshot(`
    "                        requests    p99
    <a step with a long name   12,000 4.5 ms>
    b                              7"
  `)
  expect(alignColumns(rows, 30).join('\n')).toMatchInlineSnapshot(`
    "               requests    p99
    <a step wi…name   12,000 4.5 ms>
    b                     7"
  `)
  expect(alignColumns(rows, 20, [0]).join('\n')).toMatchInlineSnapshot(`
    "                 p99
    <a step w…name 4.5 ms>
    b"
  `)
})
