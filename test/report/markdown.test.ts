import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { aCapacityRun, missedProbe } from '../builders/capacity.ts'
import { aReport } from '../builders/report.ts'
import { aLongRun } from './html/a-long-run.ts'

test('a run with a budget that is missed, one that is open, a doubt and failures', () => {
  const written = { rps: '>= 590', p99: '40ms', cpu: '70%' }
  const { budgets } = readBudgets(written, { steps: [], target: true })
  const report = aLongRun(60, ['login', 'list'], { budgets })
  const markdown = renderMarkdown([{ name: 'checkout at peak', report }])
  expect(markdown).toMatchInlineSnapshot(`
    "### ❌ checkout at peak: fail

    **1 budget missed, 1 undecided, 1 kept** · 600 requests/s for 30 s, 600/s made · open model · measured 30 s after 8 s of warm-up

    | Budget | Value | Bound | Margin | Lies between |
    | --- | ---: | --- | --- | --- |
    | ❌ p99 | 49 ms | \\<= 40 ms |  |  |
    | ❔ cpu | no data | \\<= 70 % |  |  |

    - p99: The step pay took most of it.
    - cpu: The run was cut short.

    ✅ Kept: rps 600/s \\>= 590/s

    - Slowest step: list takes 33 % of an iteration: 7.13 ms on average, p99 39 ms
    - Most common error: 12 attempts at list, status 503: $statusCode == 200 is not met (503), shop.arazzo.yaml:31:9

    > [!NOTE]
    > **\\[1\\] late starts**: One in a hundred iterations started more than 80 ms late. End other programs.

    <details><summary>Latency by step</summary>

    |  | count | rate | p50 | p95 | p99 | max | failed |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    | iterations (response time) | 6,000 | 200/s | 13 ms | 28.4 ms | 49 ms | 249 ms | 0 |
    | iterations (service time) |  |  | 12.5 ms | 27.6 ms | 48 ms | 249 ms |  |
    | requests | 12,000 | 400/s | 4.02 ms | 14.5 ms | 35.1 ms | 396 ms | 12 |
    | login | 6,000 | 200/s | 3 ms | 11.6 ms | 30 ms | 396 ms | 0 |
    | list | 6,000 | 200/s | 5 ms | 16.8 ms | 39 ms | 389 ms | 12 |

    </details>

    <details><summary>Failures</summary>

    - **12 attempts**: criterion, list: $statusCode == 200 is not met (503) (/project/shop.arazzo.yaml:31:9)

    </details>

    <details><summary>Environment</summary>

    |  |  |
    | --- | --- |
    | Application | pid 4711 and 2 children: memory 181 MB at most, CPU 61 % of one core |
    | Generator | 1 thread, undici: memory 95 MB at most, CPU 45 % of one core |
    | Machine | AMD EPYC, 2 cores, 8 GB, Linux 6.1.0, Node v20.20.2 |

    </details>
    "
  `)
})

test('a search for the capacity has what it found in sight, and the curve folded', () => {
  const again = missedProbe(4_200, { isMeasured: true, ranAway: false, because: 'p99 <110> ms is over 100 ms' })
  const { probes } = aCapacityRun().capacity!
  const report = aCapacityRun({ probes: [...probes, again] })
  const markdown = renderMarkdown([{ name: 'a', report }])
  const from = markdown.indexOf('**Capacity**')
  expect(markdown.slice(from, markdown.indexOf('</details>', from))).toMatchInlineSnapshot(`
    "**Capacity**, with p99 \\< 100 ms and at most 1 % errors: 4,200/s held, but not in the measured window (p99 \\<110\\> ms is over 100 ms), 4,400/s did not: limited by the latency, p99 130 ms is over 100 ms (given up after 1.2 s).

    <details><summary>Latency by rate</summary>

    | rate | achieved | latency | errors | held for |  |
    | ---: | ---: | ---: | ---: | ---: | --- |
    | 2,100/s | 2,100/s | 40 ms | 0 % | 5 s | a look was enough |
    | 4,200/s | 4,200/s | 40 ms | 0 % | 5 s | held |
    | 4,200/s | 3,990/s | 130 ms | 0 % | 1.2 s | measured: p99 \\<110\\> ms is over 100 ms |
    | 4,400/s | 4,180/s | 130 ms | 0 % | 1.2 s | p99 130 ms is over 100 ms (given up after 1.2 s) |

    "
  `)
  expect(renderMarkdown([{ name: 'a', report: { ...report, state: 'not run' } }])).not.toContain('Capacity')
  const nothing = renderMarkdown([{ name: 'a', report: aCapacityRun({ probes: [], held: 0, missed: undefined }) }])
  expect(nothing).toContain('no rate was tried to its end.')
  expect(nothing).not.toContain('Latency by rate')
})

test('a run that did not run has its cause, and no figures', () => {
  const cause = 'Failed to connect to http://127.0.0.1:1: connection refused.'
  const markdown = renderMarkdown([{ name: 'a', report: aReport({ state: 'not run', cause, target: undefined }) }])
  expect(markdown).toContain(`### ❌ a: did not run`)
  expect(markdown).toContain(`**Did not run**: ${cause}`)
  expect(markdown).not.toContain('Latency by step')
})

test('a run that was cut short has not passed, whatever was kept by then', () => {
  const kept = {
    verdict: 'pass',
    budget: 'p99',
    title: 'p99 <= 40 ms',
    value: '20 ms',
    because: '',
    reasons: [] as never[],
  } as const
  const heading = (over: Parameters<typeof aReport>[0]) =>
    renderMarkdown([{ name: 'a', report: aReport({ verdicts: [kept], ...over }) }]).split('\n')[0]
  expect(heading({})).toBe('### ✅ a: pass')
  expect(heading({ state: 'cut short' })).toBe('### ❔ a: cut short')
})

test('text from outside is no Markdown and no HTML', () => {
  const name = '<b>|`x`\n# [y](z) @team'
  const markdown = renderMarkdown([{ name, report: aReport() }])
  expect(markdown.split('\n')[0]).toBe('### ▫️ \\<b\\>\\|\\`x\\` \\# \\[y\\](z) @\u200bteam: no budgets')
})

test('several runs, one after another', () => {
  const markdown = renderMarkdown([
    { name: 'a', report: aReport() },
    { name: 'b', report: aReport() },
  ])
  expect(markdown.match(/^### /gm)).toHaveLength(2)
  expect(renderMarkdown([])).toBe('')
})

test('a run that was cut short is not headed as passed, though what was measured keeps its budgets', () => {
  const pass = {
    budget: 'p99',
    title: 'p99 <= 1 s',
    value: '9 ms',
    verdict: 'pass',
    because: '',
    reasons: [] as never[],
  } as const
  const headOf = (over: Parameters<typeof aReport>[0]) =>
    renderMarkdown([{ name: 'checkout', report: aReport(over) }]).split('\n', 1)[0]
  expect(headOf({ state: 'cut short', cause: '1 of 2 runs did not run', verdicts: [pass] })).toBe(
    '### ❔ checkout: cut short',
  )
  expect(headOf({ state: 'cut short', verdicts: [] })).toBe('### ❔ checkout: cut short')
  expect(headOf({ verdicts: [pass] })).toBe('### ✅ checkout: pass')
})
