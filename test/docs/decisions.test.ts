import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './pages.ts'

const text = readFileSync(join(root, 'docs/decisions.md'), 'utf8')
const entries = [...text.matchAll(/^<a id="([^"]+)"><\/a>\n### (\d+)\. (.*)$/gm)].map(([, id, number, title]) => ({
  id,
  number: Number(number),
  title,
}))

test('each decision has a number of its own and is in the index', () => {
  const numbers = entries.map(({ number }) => number)
  expect(entries.length).toBe(text.match(/^### /gm)!.length)
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
  expect(text).not.toMatch(/^- \*\*/m)
  const index = text.slice(text.indexOf('## Index'), text.indexOf('\n## Documents'))
  expect(entries.filter(({ id, number, title }) => !index.includes(`[${number} ${title}](#${id})`))).toEqual([])
})
