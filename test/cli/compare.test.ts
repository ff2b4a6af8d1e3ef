import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RelativeBudget } from '../../src/budget/relative.ts'
import type { StoredComparison } from '../../src/compare/comparison.ts'
import { resultText } from '../../src/report/result.ts'
import { freshFolder } from '../builders/folder.ts'
import { aResultOf, type Launched } from '../builders/results.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli, type Said } from './cli.ts'
import { openLibrary } from './library.ts'

const scratch = freshFolder('cli-compare')

const built = await builtPlugin()

const cli = (...args: string[]): Promise<Said> => askCli(built, args, scratch)
const put = (place: string, value: unknown) => {
  mkdirSync(join(scratch, place, '..'), { recursive: true })
  writeFileSync(join(scratch, place), typeof value === 'string' ? value : JSON.stringify(value))
  return place
}
/** Six launches a side in turns; base costs half a millisecond of CPU a request. */
function sides(folder: string, cpu: number, over: Partial<Launched> = {}): string[] {
  for (let n = 0; n < 6; n++) {
    const noise = 1 + 0.01 * [0.9, -1, 0.2, -0.6, 0.5, 0.1][n]!
    put(`${folder}/base/${n}.json`, resultText(aResultOf({ n: 2 * n, cpu: 0.5 * noise })))
    put(`${folder}/head/${n}.json`, resultText(aResultOf({ n: 2 * n + 1, cpu: cpu * noise, ...over })))
  }
  return [`${folder}/base`, `${folder}/head`]
}
const budget = ['--budget', 'cpuPerRequest=base + 5%']

describe('vitest-arazzo results compare', () => {
  test('exits by what it decides, in folders of launches', async () => {
    const worse = await cli('results', 'compare', ...sides('worse', 0.6), ...budget)
    expect(worse.stdout).toMatch(/✗ cpuPerRequest \+20 % \(95 %: .*\), allowed \+5 %: head uses more CPU time\./)
    expect(worse.code).toBe(1)
    const same = await cli('results', 'compare', ...sides('same', 0.5), ...budget)
    expect(same.stdout).toContain('✓ cpuPerRequest: no growth beyond +5 %: 0 %')
    expect(same.code).toBe(0)
    const close = sides('close', 0.524)
    expect((await cli('results', 'compare', ...close, ...budget)).code).toBe(3)
    expect((await cli('results', 'compare', ...close, ...budget, '--on-inconclusive', 'warn')).code).toBe(0)
    const untold = await cli('results', 'compare', ...sides('worse', 0.6))
    expect(untold).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ncpuPerRequest +0\.5\d* ms +0\.6\d* ms +\+20 % /),
    })
  })

  test('never fails with one launch each, and says what that cannot tell', async () => {
    sides('one', 5)
    const one = await cli('results', 'compare', 'one/base/0.json', 'one/head/0.json', ...budget)
    expect(one.code).toBe(0)
    expect(one.stdout.replaceAll(/\s+/g, ' ')).toContain(
      '! One launch each: the difference may be that of two launches;',
    )
    const some = ['--base', 'one/base/0.json', 'one/base/1.json', '--head', 'one/head/0.json', 'one/head/1.json']
    const markdown = await cli('results', 'compare', ...some, ...budget, '--format', 'markdown')
    expect(markdown.code).toBe(0)
    expect(markdown.stdout).toMatch(
      /^### checkout: head against base, 2 launches each\n\n- cpuPerRequest: not decided, /,
    )
    const json = JSON.parse((await cli('results', 'compare', ...some, ...budget, '--format', 'json')).stdout)
    expect(json).toMatchObject({
      launches: { base: 2, head: 2 },
      isEnough: false,
      budgets: [{ verdict: 'inconclusive' }],
    })
  })

  test('results that name no process are launches where that is said', async () => {
    const folders = sides('unnamed', 0.6)
    for (const place of folders.flatMap(side => [0, 1, 2, 3, 4, 5].map(n => `${side}/${n}.json`))) {
      const result = JSON.parse(readFileSync(join(scratch, place), 'utf8'))
      delete result.report.target.pid
      put(place, result)
    }
    const unsaid = await cli('results', 'compare', ...folders, ...budget)
    expect(unsaid.stdout).toContain('--each-is-a-launch')
    expect(unsaid.code).toBe(0)
    expect((await cli('results', 'compare', ...folders, ...budget, '--each-is-a-launch')).code).toBe(1)
  })

  test('another machine is not judged', async () => {
    const environment = { ...aResultOf({ n: 0 }).report.environment!, node: 'v22.1.0' }
    const { code, stdout } = await cli('results', 'compare', ...sides('apart', 5, { over: { environment } }), ...budget)
    expect(code).toBe(3)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'ran on another machine than apart/base/0.json: Node v20.20.2 and v22.1.0.',
    )
  })

  test('tells all that is wrong with files at once', async () => {
    put('bad/broken.json', '{')
    put('bad/later.json', { ...aResultOf({ n: 1 }), version: 9 })
    put('bad/foreign.json', { name: 'a package' })
    const files = ['bad/broken.json', 'bad/later.json', 'bad/foreign.json', 'bad/none.json']
    const { code, stderr } = await cli('results', 'compare', '--base', ...files, '--head', 'bad/later.json')
    expect(code).toBe(2)
    expect(
      stderr
        .trim()
        .split('\n')
        .map(line => line.slice(0, 60)),
    ).toEqual([
      expect.stringMatching(/^Failed to read bad\/broken\.json: it is not JSON/),
      expect.stringMatching(/^Failed to read bad\/later\.json: it is of version 9, and this/),
      expect.stringMatching(/^Failed to read bad\/foreign\.json: it is not a result: /),
      expect.stringMatching(/^Failed to read bad\/none\.json: there is no such file\. /),
      expect.stringMatching(/^Failed to read bad\/later\.json: it is of version 9/),
    ])
  })

  test.each<[string[], string]>([
    [[], '0 are named'],
    [['same/base'], 'one is named'],
    [['--base', 'same/base'], 'there is no --head'],
    [['--base', 'same/base', '--head', 'same/head', '--budget', 'p99=100ms'], 'p99 does not speak of the base'],
    [['--base', 'same/base', '--head', 'same/head', '--budget', 'rps=base - 3%'], 'the load has a fixed rate'],
    [['same/base', 'same/base'], 'it is named twice'],
  ])('%j: %s', async (args, found) => {
    sides('same', 0.5)
    const { code, stderr } = await cli('results', 'compare', ...args)
    expect(stderr).toContain(found)
    expect(code).toBe(2)
  })

  test('shows a comparison.json again, and exits by its verdicts', async () => {
    const p99: RelativeBudget = {
      ...{ key: 'p99', path: ['p99'], metric: 'percentile', quantile: 0.99 },
      of: 'iterations',
      operator: '<=',
      unit: 'milliseconds',
      allowed: { factor: 1.1 },
      title: 'p99 <= base + 10 %',
    }
    const stored: StoredComparison = {
      ...{ version: 1, name: 'checkout', file: '/p/a.test.ts', at: '2026-03-01T12:00:00.000Z' },
      comparison: {
        base: { commit: '1a2b3c4', subject: 'Before', from: 'git merge-base' },
        head: { from: 'the working tree' },
        ...{ notes: ['head is dirty'], seed: 42, pairs: 7, pairTook: 4_000, took: 31_000 },
        requests: { base: 2_100, head: 2_104 },
        budgets: [
          {
            ...{ budget: p99, verdict: 'fail', pairs: 7, why: [] },
            change: { mean: 0.2, low: 0.15, high: 0.25 },
            figures: { base: 10, head: 12 },
          },
        ],
        beside: [],
      },
    }
    const { code, stdout } = await cli('results', 'compare', put('stored/comparison.json', stored))
    expect(code).toBe(1)
    expect(stdout).toContain('✗ p99 +20 % (95 %: 15 to 25 %), allowed +10 %: head is slower.')
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'against base 1a2b3c4 "Before" (git merge-base): 7 pairs of launches',
    )
    // Beside its result, `report` tells of both, and judges by both.
    const { test: _, project: __, ...result } = aResultOf({ n: 0, cpu: 0.5 })
    const text = (name: string) => resultText({ ...result, name, file: stored.file })
    put('stored/result.json', text('checkout'))
    const again = await cli(
      'results',
      'show',
      'stored/result.json',
      '--verdict',
      '--html',
      'both.html',
      '--markdown',
      'both.md',
    )
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('allowed +10 %: head is slower.') })
    expect(again.stdout).toMatch(/^ {2}. checkout: /)
    expect(readFileSync(join(scratch, 'both.md'), 'utf8')).toContain('head is slower')
    expect(readFileSync(join(scratch, 'both.html'), 'utf8')).toContain('<div class="bound">95 %: 15 to 25 %</div>')
    put('stored/result.json', text('another'))
    const other = await cli('results', 'show', 'stored/result.json', '--verdict')
    expect(other).toMatchObject({ code: 0, stdout: expect.not.stringContaining('head is slower') })
    put('stored/nothing.json', { ...stored, comparison: { ...stored.comparison, budgets: [] } })
    expect(await cli('results', 'compare', 'stored/nothing.json')).toMatchObject({ code: 3 })
    put('stored/later.json', { ...stored, version: 2 })
    const later = await cli('results', 'compare', 'stored/later.json', 'stored/comparison.json')
    expect(later).toMatchObject({ code: 2, stderr: expect.stringContaining('it is of version 2, and this package') })
    put('stored/broken.json', { ...stored, comparison: { ...stored.comparison, seed: 'a' } })
    const broken = await cli('results', 'compare', 'stored/broken.json')
    expect(broken).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is not a comparison: comparison.seed: '),
    })
  })
})

test('vitest-arazzo results trend writes a page and a summary of what load measured, and names what it cannot read', async () => {
  const library = await openLibrary()
  try {
    const openapi = new URL('../../fixtures/openapi/library.yaml', import.meta.url).pathname
    put(
      'library.arazzo.yaml',
      `arazzo: 1.0.1
info: { title: Library, version: 1.0.0 }
sourceDescriptions: [{ name: library, url: ${openapi}, type: openapi }]
workflows: [{ workflowId: browse, steps: [{ stepId: list, operationId: listBooks }] }]
`,
    )
    for (const commit of ['one', 'two']) {
      mkdirSync(join(scratch, 'trend', commit), { recursive: true })
      const load = ['load', 'library.arazzo.yaml#browse', '--rps', '50', '--duration', '500ms', '--quiet']
      const file = `trend/${commit}/result.json`
      const { code, stdout } = await cli(...load, '--server', library.url, '--output', file)
      expect(code, stdout).not.toBe(2)
      const result = JSON.parse(readFileSync(join(scratch, file), 'utf8'))
      expect(result.report.environment!.processor).not.toBe('')
    }
  } finally {
    await library.close()
  }
  const { code, stdout } = await cli('results', 'trend', 'trend', '--html', 'trend.html', '--markdown', 'trend.md')
  expect(stdout).toMatch(/browse\n2 points; 50 requests\/s for 500 ms, open model\n/)
  expect(code).toBe(0)
  expect(readFileSync(join(scratch, 'trend.md'), 'utf8')).toMatch(/\| (○ )?one \| .*\n\| (○ )?two \| /)
  expect(readFileSync(join(scratch, 'trend.html'), 'utf8')).toContain('data-history="0"')
  const compared = await cli('results', 'compare', 'trend/one', 'trend/two')
  expect(compared).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('browse: head against base, 1 launch each'),
  })
  put('empty/other.json', {})
  expect(await cli('results', 'trend', 'empty')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no result is below it'),
  })
  expect(await cli('results', 'trend', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no such folder'),
  })
})
