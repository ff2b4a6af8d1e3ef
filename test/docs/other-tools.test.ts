import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './pages.ts'

/* What the README says of other tools has a source, and the day on which it was checked. */

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const page = readFileSync(join(root, 'docs/other-tools.md'), 'utf8')
const section = readme.split('## Next to other tools')[1]!.split('\n## ')[0]!

/** The rows of the only table of a text, without its head, as cells. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].slice(2).map(([, cells]) => cells!.split('|').map(cell => cell.trim()))

test('each row of the table has a source, and the list has no other', () => {
  const named = rowsOf(section).map(([name]) => name)
  expect(named.length).toBeGreaterThan(3)
  expect(rowsOf(page).map(([name]) => name)).toEqual(named)
  for (const [, source] of rowsOf(page)) expect(source).toMatch(/^\[.+\]\(https:\/\/grafana\.com\/docs\/k6\/.+\)$/)
  for (const cells of rowsOf(section)) expect(cells).toHaveLength(6)
})

test('both name the same day of the check', () => {
  const [, day] = /Checked on (\d{4}-\d{2}-\d{2}) \(\[sources\]\(docs\/other-tools\.md\)\)/.exec(section)!
  expect(page).toContain(`Checked on ${day}:`)
  expect(Date.parse(day!)).not.toBeNaN()
})
