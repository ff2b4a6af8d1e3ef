import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocks } from '../../scripts/readme.mjs'
import { readShape, SHAPE_KEYS } from '../../src/load/plan/shape.ts'
import { root } from '../builders/sources.ts'

/* Each load shape has a page, whose examples and options are those that the package reads. */

const folder = join(root, 'docs/reference/shapes')
const pages = readdirSync(folder).filter(name => name !== 'README.md')
const index = readFileSync(join(folder, 'README.md'), 'utf8')
const namesIn = (text: string) => [...text.matchAll(/^\| `([\w.]+)`/gm)].map(([, name = '']) => name)

test('there is a page for each shape, and the index links them', () => {
  const kinds = ['adaptive', 'capacity', 'iterations', 'rate', 'rps', 'stages', 'vus']
  expect(pages).toEqual(kinds.map(kind => `${kind}.md`))
  for (const page of pages) expect(index).toContain(`](${page})`)
})

test.each(pages)('the examples of %s are loads of that shape', page => {
  const examples = blocks(join(folder, page))
  expect(examples.length).toBeGreaterThan(0)
  for (const example of examples) {
    const { load } = new Function(`return { ${example} }`)()
    const { problems, plan } = readShape(load)
    expect(problems).toEqual([])
    const kind = 'stages' in load ? 'stages' : plan?.kind
    expect(`${kind}.md`).toBe(page)
  }
})

test('all options of shapes are in a table', () => {
  const texts = pages.map(page => readFileSync(join(folder, page), 'utf8'))
  const named = new Set([index, ...texts].flatMap(namesIn).map(name => name.split('.')[0]))
  // `mode` belongs to documents; amounts of stages share a row, and stages have a table of their own.
  const expected = SHAPE_KEYS.filter(key => !['mode', 'stages'].includes(key))
  expect(expected.filter(key => !named.has(key))).toEqual([])
})
