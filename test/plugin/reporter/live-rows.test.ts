import { expect, test } from 'vitest'
import type { Vitest } from 'vitest/node'
import { addLiveRows } from '../../../plugin/reporter/index.ts'

/* What other versions of Vitest may bring cannot be driven: here are reporters as they might be. */

const vitestWith = (...reporters: unknown[]) => ({ reporters }) as unknown as Vitest

test('rows come after the empty line on top, and follow what there is to show', () => {
  const summary = { files: ['a'], createSummary: () => ['', ...summary.files, 'Test Files'] }
  const rows: string[] = []
  expect(addLiveRows(vitestWith({ summary }, {}), () => rows)).toBe(true)
  expect(summary.createSummary()).toEqual(['', 'a', 'Test Files'])
  rows.push('load')
  expect(summary.createSummary()).toEqual(['', 'load', 'a', 'Test Files'])
})

test('a window of another shape is left as it is', () => {
  for (const drawn of [[], ['Test Files'], 'Test Files', undefined]) {
    const summary = { createSummary: () => drawn }
    addLiveRows(vitestWith({ summary }), () => ['load'])
    expect(summary.createSummary()).toBe(drawn)
  }
})

test('without a window there is nothing to add to', () => {
  const others = [{}, { summary: undefined }, { summary: {} }, { summary: { createSummary: 'later' } }, null]
  expect(addLiveRows(vitestWith(...others), () => ['load'])).toBe(false)
  expect(addLiveRows({} as Vitest, () => ['load'])).toBe(false)
})
