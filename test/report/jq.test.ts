import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import type { Verdict } from '../../src/measure/report.ts'
import { type ResultFile, resultText } from '../../src/report/result.ts'
import { freshFolder } from '../builders/folder.ts'
import { aReport, latencies } from '../builders/report.ts'
import { has } from '../builders/system.ts'

/* The examples of docs/reference/results.md, on files as load tests leave them: by jq where it is there, and in JavaScript. */

const scratch = freshFolder('jq')

const verdictOf = (budget: string, verdict: Verdict['verdict'], value: number, bound: number): Verdict => ({
  ...{ budget, title: budget, value: '', verdict, because: '', reasons: [] },
  judged: { value, bound, margin: value / bound - 1, doubts: [] },
})

function leave(name: string, p99: number, rps: number, errorRate: number, budgets: object, verdicts: Verdict[]): void {
  const read = readBudgets(budgets, { steps: ['login'], target: false })
  const report = aReport({
    responseTime: { ...latencies([p99]), p99 },
    ...{ rps, errorRate, budgets: read.budgets, verdicts },
  })
  const folder = join(scratch, '.vitest-arazzo', `${name.replaceAll(' ', '-')}-1a2b3c4d`)
  mkdirSync(folder, { recursive: true })
  const result = { name, file: join(scratch, 'shop.load.test.ts'), commit: '1a2b3c4d5', report }
  writeFileSync(join(folder, 'result.json'), resultText(result, scratch))
}

leave('checkout at peak', 49.2, 199.5, 0.001, { p99: 40, errorRate: '1%', steps: { login: { 'p99.9': 100 } } }, [
  verdictOf('p99', 'fail', 49.2, 40),
  verdictOf('errorRate', 'pass', 0.001, 0.01),
  verdictOf('steps.login.p99.9', 'inconclusive', 88.5, 100),
])
leave('search', 12.5, 80, 0, { p99: 20 }, [verdictOf('p99', 'pass', 12.5, 20)])

const [, page] = readFileSync('docs/reference/results.md', 'utf8').split('## result.json')
const examples = [...page!.matchAll(/```sh\n(jq .*?)```\n\n```\n(.*?)```/gs)].map(([, command, output]) => ({
  command: command!,
  output: output!,
}))

const read = (name: string): ResultFile =>
  JSON.parse(readFileSync(join(scratch, '.vitest-arazzo', `${name}-1a2b3c4d/result.json`), 'utf8'))
const both = () => [read('checkout-at-peak'), read('search')]

/** What each of them does. */
const inJavaScript = [
  () => [String(read('checkout-at-peak').verdict === 'pass')],
  () =>
    both().flatMap(({ name, verdicts }) =>
      verdicts
        .filter(({ verdict }) => verdict !== 'pass')
        .map(one => [name, one.key, one.verdict, `${one.value} ${one.operator} ${one.bound} ${one.unit}`].join('\t')),
    ),
  () =>
    both().map(({ commit, name, summary }) =>
      [
        JSON.stringify(commit),
        JSON.stringify(name),
        summary.requestsPerSecond,
        summary.latencyMs.p99,
        summary.errorRate,
      ].join(),
    ),
]

test('what the page says comes out', () => {
  expect(examples).toHaveLength(3)
  expect(inJavaScript.map(run => `${run().join('\n')}\n`)).toEqual(examples.map(({ output }) => output))
})

test.runIf(has('jq')).each(examples)('by jq: $command', ({ command, output }) => {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { cwd: scratch, encoding: 'utf8' })
  expect(stdout, stderr).toBe(output)
  expect(status).toBe(command.startsWith('jq -e') ? 1 : 0)
})
