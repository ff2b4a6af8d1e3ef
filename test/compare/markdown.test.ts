import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { ComparisonJudge } from '../../src/compare/judge.ts'
import { comparedVerdict, comparisonMarkdown } from '../../src/compare/markdown.ts'
import { shownStored } from '../../src/compare/results/shown.ts'
import { allowedOf, describeComparison, sentenceOf } from '../../src/compare/words.ts'
import { aComparison } from '../plugin/reporter/runs.ts'
import { pairs, wave } from './pairs.ts'

const STORED = { version: 1 as const, name: 'checkout', file: 'a.test.ts', at: '2026-11-30T20:00:00Z', test: 'a' }
const rendered = (...of: Parameters<typeof aComparison>) =>
  comparisonMarkdown({ name: 'checkout', comparison: aComparison(...of) })

test('a comparison: what is dearer, what is not slower, what else changed', () => {
  expect(rendered()).toMatchInlineSnapshot(`
    "### ❌ checkout, head against base: fail

    - ❌ cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.
    - ✅ p99: no slowdown beyond +10 %: 0 % (95 %: -1 to 1 %).

    | Budget | Base | Head | Change | Allowed | Verdict |
    | --- | ---: | ---: | ---: | ---: | --- |
    | cpuPerRequest | 1 ms | 1.2 ms | +20 % (95 %: 18.8 to 21.2 %) | +5 % | ❌ fail |
    | p99 | 5 ms | 5 ms | 0 % (95 %: -1 to 1 %) | +10 % | ✅ pass |

    <details><summary>What else changed</summary>

    | Budget | Base | Head | Change |
    | --- | ---: | ---: | ---: |
    | memory | 80 MB | 80 MB | 0 % (95 %: 0 to 0 %) |

    </details>

    Head 5d6e7f8 "Prices come with tax" (the working tree) against base 1a2b3c4 "Search is faster" (git merge-base): 5 pairs of launches in 31 s, 2,100 and 2,104 requests, seed 42.

    > [!NOTE]
    > The working tree has changes that are not committed.
    "
  `)
})

test('short, it has nothing that is folded', () => {
  const short = comparisonMarkdown({ name: 'checkout', comparison: aComparison() }, true)
  expect(short).not.toContain('<details>')
  expect(short).toContain('| cpuPerRequest |')
})

test('one that came to nothing says why, and is never passed', () => {
  const cause = 'base could not be started: <exit code 1>'
  const comparison = aComparison(undefined, undefined, { budgets: [], beside: [], cause, notes: [] })
  expect(comparedVerdict(comparison)).toBe('fail')
  expect(comparedVerdict({ ...comparison, cause: undefined })).toBe('inconclusive')
  expect(comparisonMarkdown({ name: 'checkout', comparison })).toMatchInlineSnapshot(`
    "### ❌ checkout, head against base: fail

    **Not compared to the end**: base could not be started: \\<exit code 1\\>

    If head repairs base, accept it with "base: none" (the action) or \`VITEST_ARAZZO_BASE_COMMIT=none\`: then head runs alone, and nothing is compared.

    Head 5d6e7f8 "Prices come with tax" (the working tree) against base 1a2b3c4 "Search is faster" (git merge-base): 5 pairs of launches in 31 s, 2,100 and 2,104 requests, seed 42.
    "
  `)
})

test('what is undecided says what it would take, and has one interval wherever it is shown', () => {
  const comparison = aComparison({ cpuPerRequest: 'base + 5%' }, n => ({
    cpuTime: 400 * (1.04 + [0.03, -0.03, 0.02, -0.02, 0][n]!),
  }))
  const markdown = comparisonMarkdown({ name: 'checkout', comparison })
  const [, interval] = /undecided, (.*) where/.exec(markdown)!
  expect(markdown).toContain(`| +4 % (to decide: ${interval}) |`)
  const { figures } = shownStored({ ...STORED, comparison })
  expect(figures).toContainEqual(['cpuPerRequest', '1 ms', '1.04 ms', '+4 %', 'see above'])
  expect(markdown).toMatch(/^### ❔ checkout, head against base: undecided$/m)
  expect(markdown).toMatch(/^- ❔ cpuPerRequest: undecided, .* where \+5 % is allowed; .*; noise .* a pair\.$/m)
})

test('says which pairs are there for memory alone', () => {
  expect(rendered(undefined, undefined, { pairs: 8, longPairs: 3 })).toContain(
    ': 8 pairs of launches (3 of them long, which only show memory) in 31 s,',
  )
})

test('does not say twice what it is, and leaves options as they are', () => {
  const code = "arazzo({ compare: { git: 'merge-base', setup: 'npm ci && npm run build' } })"
  const name = 'books, head against base'
  const markdown = comparisonMarkdown({ name, comparison: aComparison(undefined, undefined, { notes: [code] }) })
  expect(markdown).toMatch(/^### ❌ books, head against base: fail$/m)
  expect(markdown).toContain(`\`${code}\``)
})

test('subject lines, names and notes of strangers are text, and no longer than a line', () => {
  const hostile =
    '<img src=x> | `code` **bold** [a](http://b.example) @team #12 GH-34 $x$ $y$\n\n# title\x1b[31m www.evil.example'
  const comparison = aComparison(undefined, undefined, {
    base: { commit: 'aaaaaaa', subject: hostile, from: hostile },
    head: { commit: 'bbbbbbb', subject: 'x'.repeat(70_000), from: 'the working tree' },
    notes: [hostile],
    cause: `${hostile} ${'y'.repeat(70_000)}`,
  })
  const markdown = comparisonMarkdown({ name: hostile, comparison })
  expect(markdown.length).toBeLessThan(6_000)
  expect(markdown.match(/^.*title.*$/gm)!.every(line => !line.startsWith('#') || line.startsWith('### '))).toBe(true)
  const bare = markdown.replaceAll(/\\[\\`*_{}[\]<>|#~&]/g, '')
  for (const active of [
    /<img/,
    /`/,
    /\*\*bold/,
    /\]\(/,
    /@(?!\u200b)/,
    /#\d/,
    /GH-\d/,
    /:\/\//,
    /www\.\w/,
    /\x1b/,
    /(?<!<span>)\$/,
  ])
    expect(bare, String(active)).not.toMatch(active)
})

test('a subject line as long as others like is cut in a sentence, too', () => {
  const comparison = aComparison()
  const head = { ...comparison.head, subject: 'Prices '.repeat(1_500) }
  expect(describeComparison({ ...comparison, head }).length).toBeLessThan(300)
  expect(describeComparison({ ...comparison, head })).toContain('"Prices Prices')
})

test.each(['base + 0.002%', 'base + 5%', 'base - 12.5%', 'base + 0.1%'])(
  'the bound %s is shown as it is written',
  bound => {
    const { relative } = readBudgets(
      { [bound.includes('-') ? 'rps' : 'p99']: bound },
      { steps: [], target: true, base: true, model: 'closed' },
    )
    expect(allowedOf(relative[0]!).replaceAll(' ', '')).toBe(bound.replace('base', '').replaceAll(' ', ''))
  },
)

test.each([
  [5, /would not decide it: widen the bound, let/],
  [0.3, /would not decide it: allow a time instead of a share, such as 'base \+ 1ms', let/],
])('a share of a latency of %d ms', (latency, advice) => {
  const { relative } = readBudgets({ p99: 'base + 5%' }, { steps: [], target: true, base: true, model: 'closed' })
  const judge = new ComparisonJudge(relative)
  for (const pair of pairs(15, n => ({ base: { latency }, head: { latency: latency * (1.04 + 0.1 * wave(n)) } })))
    judge.add(pair)
  expect(sentenceOf(judge.findings()[0]!, 4_000)).toMatch(advice)
})
