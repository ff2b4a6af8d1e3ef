import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeResult, writeWhole } from '../../src/report/files.ts'
import { type LoadResult, parseResult } from '../../src/report/result.ts'
import { aReport } from '../builders/report.ts'

const scratch = () => join(mkdtempSync(join(tmpdir(), 'reports-')), '.vitest-arazzo')
const result = (over: Partial<LoadResult> = {}): LoadResult => ({
  ...{ version: 1, name: 'Checkout, at peak!', file: '/p/shop.load.test.ts', budgets: [], report: aReport() },
  ...over,
})
const at = (startedAt: string) => result({ report: aReport({ startedAt }) })

test('a page, a result and a summary, in a folder that has the name of the load test and that git ignores', () => {
  const folder = scratch()
  const files = writeResult(result(), { folder, metrics: 'vus 1\n' })
  expect(files.folder).toBe(join(folder, 'checkout-at-peak'))
  expect(readdirSync(files.folder).sort()).toEqual([
    'metrics.prom',
    'report.html',
    'result.json',
    'summary.md',
  ])
  expect(readFileSync(files.metrics!, 'utf8')).toBe('vus 1\n')
  expect(readFileSync(files.html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Checkout, at peak!/)
  expect(readFileSync(files.markdown, 'utf8')).toContain('Checkout, at peak!')
  expect(parseResult(readFileSync(files.json, 'utf8'), files.json)).toEqual(
    JSON.parse(JSON.stringify(result())),
  )
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n')
})

test('the next run takes the place of the last; as many earlier ones are kept as asked for', () => {
  const folder = scratch()
  const { folder: own } = writeResult(at('2026-03-01T12:00:00.000Z'), { folder, keep: 2 })
  for (const day of [2, 3, 4]) writeResult(at(`2026-03-0${day}T12:00:00.000Z`), { folder, keep: 2 })
  expect(readdirSync(join(own, 'earlier')).sort()).toEqual([
    '2026-03-02T12-00-00-000Z',
    '2026-03-03T12-00-00-000Z',
  ])
  expect(readdirSync(join(own, 'earlier', '2026-03-03T12-00-00-000Z')).sort()).toEqual([
    'report.html',
    'result.json',
    'summary.md',
  ])
  writeResult(at('2026-03-05T12:00:00.000Z'), { folder })
  expect(existsSync(join(own, 'earlier'))).toBe(false)
})

test('load tests of one name in two files do not overwrite one another', () => {
  const folder = scratch()
  writeResult(result(), { folder })
  const other = writeResult(result({ file: '/p/cart.load.test.ts' }), { folder })
  expect(other.folder).toBe(join(folder, 'cart-load-test-ts-checkout-at-peak'))
  expect(writeResult(result(), { folder }).folder).toBe(join(folder, 'checkout-at-peak'))
})

test.each([
  ['', 'load'],
  ['../../etc', 'etc'],
  ['Größe 大', 'große-大'],
])('the name %j becomes %j', (name, expected) => {
  const folder = scratch()
  expect(writeResult(result({ name }), { folder }).folder).toBe(join(folder, expected))
})

test('a file that cannot be written leaves nothing half-written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whole-'))
  expect(() => writeWhole(join(folder, 'missing', 'a'), 'text')).toThrow(/ENOENT/)
  expect(readdirSync(folder)).toEqual([])
})
