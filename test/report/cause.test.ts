import { describe, expect, test } from 'vitest'
import type { Cause } from '../../src/measure/report.ts'
import { causeFunction, causeWords } from '../../src/report/cause.ts'

const list = { name: 'list', file: 'src/list.ts', line: 3 }

test.each<[Cause, string]>([
  [
    {
      kind: 'busy',
      functions: [
        { function: list, share: 0.6, time: 1.2 },
        { function: { name: 'pg' }, share: 0.2, time: 0.4 },
      ],
      busy: 0.9,
      stretch: 40,
    },
    'list (src/list.ts:3) has 60 % of the time of such stretches, 1.2 ms per request; pg 20 %, 0.4 ms. The event loop was busy 90 % of the time, in stretches of 40 ms and more.',
  ],
  [
    { kind: 'waited', busy: 0.04, longest: 3 },
    'the application waited: its event loop was busy 4 % of the time, and never longer than 3 ms without a break.',
  ],
  [
    { kind: 'growth', functions: [{ function: list, growth: 3e6 }], heap: 4e6 },
    'list (src/list.ts:3) keeps 3 MB more per 1,000 requests, of 4 MB by which the heap grows.',
  ],
  [
    { kind: 'outside heap', growth: 9e6, heap: -1, buffers: 8e6 },
    'memory grows outside of the JavaScript heap, by 9 MB per 1,000 requests: 0 B of it in the heap, 8 MB in buffers.',
  ],
  [
    { kind: 'start', added: 15e6, modules: [{ name: 'moment', files: 2, size: 3e6 }] },
    'head has 15 MB more at its start: it loads in addition moment (2 files, 3 MB).',
  ],
  [
    { kind: 'start', added: 15e6, modules: [{ name: 'src/catalog.js', files: 1, size: 120, kept: 14e6 }] },
    'head has 15 MB more at its start: src/catalog.js keeps 14 MB more; it loads in addition src/catalog.js (1 file, 120 B).',
  ],
])('a cause in words: %o', (cause, words) => {
  expect(causeWords(cause)).toBe(words)
})

describe('names of an application', () => {
  const HOSTILE = 'a\u001b]8;;http://x\u0007b\n::error::c\u202e'
  const hostile = { name: HOSTILE, file: `src/${HOSTILE}.ts`, line: 1 }

  test.each<Cause>([
    { kind: 'busy', functions: [{ function: hostile, share: 1, time: 1 }], busy: 1 },
    { kind: 'growth', functions: [{ function: hostile, growth: 1 }], heap: 1 },
    { kind: 'start', added: 1, modules: [{ name: HOSTILE, files: 1, size: 1 }] },
    { kind: 'not found', reason: HOSTILE },
  ])('are one line without controls and commands: %o', cause => {
    expect(causeWords(cause)).not.toMatch(/[\0-\x1f\x7f-\x9f\u202a-\u202e]|(?:^|\s)::error::/)
  })
})

test('the line of the first function of the application is shown, also behind a package', () => {
  const functions = [{ name: 'pg' }, list].map(one => ({ function: one, share: 0.5, time: 1 }))
  expect(causeFunction({ kind: 'busy', functions, busy: 1 })).toBe(list)
  expect(causeFunction({ kind: 'waited', busy: 0, longest: 0 })).toBeUndefined()
})
