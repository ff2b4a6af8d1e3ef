import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blocks, files } from '../../scripts/readme.mjs'
import { runSuite, writeSuite } from '../plugin/suites/run-suite.ts'

const shown = files('docs/reference/values.md')
const suite = (change = (text: string) => text) =>
  writeSuite(
    Object.fromEntries(
      shown.map(({ file, text }) => [file, change(text.replace('duration: 5s', 'duration: 1s, warmUp: 0'))]),
    ),
  )

test('what docs/reference/values.md shows runs, functionally and as load', async () => {
  expect(shown.map(({ file }) => file)).toEqual([
    ...['server.mjs', 'openapi.yaml', 'vitest.config.mjs', 'csrf.arazzo.yaml', 'pages.arazzo.yaml'],
  ])
  const { tree, output, exitCode } = await runSuite(await suite())
  expect(exitCode, output).toBe(0)
  for (const name of ['make-an-item', 'by-form', 'by-script', 'all-pages', 'last', 'errorRate'])
    expect(tree).toContain(name)
})

test('a page or a header that says something else fails, and the message quotes it', async () => {
  const change = (text: string) =>
    text
      .replace('rel="next"\', <', 'rel="further"\', <')
      .replace('name="csrfmiddlewaretoken" v', 'name="_token" v')
      .replace(/rel="next", </, 'rel="further", <')
  const { output, exitCode } = await runSuite(await suite(change), ['--reporter=verbose'])
  expect(exitCode).toBe(1)
  expect(output).toContain('$steps.list.outputs.id == 3')
  expect(output).toContain('by-form')
  expect(output).not.toMatch(/form-[0-9a-f]{8}-/)
})

test('the guide shows parts of it', () => {
  const guide = blocks('docs/guide/data-and-secrets.md').filter(block => block.includes('x-extract'))
  expect(guide).toHaveLength(2)
  for (const block of guide) expect(readFileSync('docs/reference/values.md', 'utf8')).toContain(block)
})
