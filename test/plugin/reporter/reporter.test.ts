import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { freshFolder } from '../../builders/folder.ts'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain, terminalFor } from '../server/run-vitest.ts'

vi.setConfig({ testTimeout: 240_000 })

/* Vitest on a project with a load test, as a terminal, a log and a machine get to see it. */

const built = await builtPlugin()

const scratch = freshFolder('reporter')

const run = (args: string[], env: Record<string, string> = {}) =>
  runVitestAgain('reporter-load', ['run', ...args], { BUILT: built, ...env })

/** Where each of these is in a text, in their order; fails when one is missing or out of order. */
function expectInOrder(text: string, ...parts: (string | RegExp)[]): void {
  let from = 0
  for (const part of parts) {
    const at = typeof part === 'string' ? text.indexOf(part, from) : text.slice(from).search(part) + from
    expect(at, `${part} in\n${text.slice(from)}`).toBeGreaterThanOrEqual(from)
    from = at + 1
  }
}

/** Its line, as it begins. */
const LINE = '\n  ✓ a steady trickle   '

const count = (text: string, part: string) => text.split(part).length - 1

describe('without a terminal', () => {
  thoroughly('the line of a load test that passed comes last', async () => {
    const { code, stdout, stderr } = await run(['load.case', 'other.case', '--no-file-parallelism'])
    expect(code, stdout + stderr).toBe(0)
    expectInOrder(
      stdout,
      /✓ load.case.js \(5 tests/,
      'Test Files',
      LINE,
      /50\/s {3}p50 .* <= 5 s/,
      /failed .*MB\n Load tests {2}1 passed \(1\), all 3 budgets kept: \S+report.html\n/,
    )
    expect(count(stdout, LINE)).toBe(1)
    expect(stderr).toBe('')
  })

  thoroughly('standard output stays JSON; a line every ten seconds and the result go to standard error', async () => {
    const { code, stdout, stderr } = await run(['load.case', '--reporter=json'], { DURATION: '13s' })
    expect(code, stdout + stderr).toBe(0)
    const { testResults } = JSON.parse(stdout)
    expect(testResults[0].assertionResults[1].meta.load).toMatchObject({ requests: 650, state: 'completed' })
    expect(stderr).toMatch(
      /^a steady trickle\n1\d\/1\d s(?: [a-z-]+)? {2}\d+\/50 req\/s.*\n {2}iterations: failed 0 .*mean .* {2}p95 .* {2}p99 .* {2}VUs \d+$/m,
    )
    expectInOrder(stderr, 'iterations: failed', LINE, ' Load tests  1 passed')
  })

  thoroughly('dot, junit and tap get their line too, and only people get it on standard output', async () => {
    const [dot, junit, tap] = await Promise.all(
      ['dot', 'junit', 'tap'].map(name => run(['load.case', `--reporter=${name}`])),
    )
    expect(dot!.stdout).toContain(LINE)
    for (const { code, stdout, stderr } of [junit!, tap!]) {
      expect(code, stdout + stderr).toBe(0)
      expect(stdout).not.toContain(' Load tests ')
      expect(stderr).toContain(LINE)
    }
    expect(junit!.stdout).toMatch(/^<\?xml .*<\/testsuites>\s*$/s)
    expect(tap!.stdout).toMatch(/^TAP version 13/)
  })

  test.each(
    cases<[number, number]>(
      [[5, 16]],
      [
        [1, 12],
        [20, 31],
      ],
    ),
  )('a run of load tests that all pass is short: %i of them take %i lines', async (all, lines) => {
    const { code, stdout, stderr } = await run(['several.case'], { COUNT: String(all) })
    expect(code, stdout + stderr).toBe(0)
    expect(stdout.trimEnd().split('\n').length, stdout).toBe(lines)
    expect(stdout.match(/^ {2}✓ trickle \d+ +\S+\/s +p50 .* +p95 .* <= 60 s +0 % failed +[\d.]+ MB$/gm)).toHaveLength(
      all,
    )
    expect(stdout).toContain(` Load tests  ${all} passed (${all}), all ${all * 3} budgets kept: `)
  })

  test('one that fails has its block, and verbose shows that of each', async () => {
    const failing = await run(['several.case'], { COUNT: '2', MEMORY: '1MB' })
    expect(failing.code).toBe(1)
    expectInOrder(failing.stdout, /\n {2}✗ trickle 1: 1 budget missed, 2 kept\n/, 'report.html\n', 'Test Files')
    expectInOrder(
      failing.stdout,
      'Test Files',
      LINE.replace('a steady trickle', 'trickle 2'),
      ' Load tests  1 failed | 1 passed (2)',
    )
    const verbose = await run(['several.case', '--reporter=verbose'], { COUNT: '1' })
    expectInOrder(verbose.stdout, '\n  ✓ trickle 1: all 3 budgets kept\n', ' Load tests  1 passed')
    expect(verbose.stdout).not.toContain(LINE.replace('a steady trickle', 'trickle 1'))
  })

  test('JUnit has iterations without a response as failures', async () => {
    const { code, stdout } = await run(['load.case', '--reporter=junit'], { MUTE_FROM: '40', REQUEST_TIMEOUT: '1s' })
    expect(code).toBe(1)
    const failures = stdout.match(/<failure message="[^"]*"/g)!.join('\n')
    expect(failures).toMatch(/Expected errorRate &lt;= 1 %, received \d/)
    expect(stdout).toMatch(/attempts? at ask .*: no complete response within 1 s/)
  })

  test('a load by agents says what it waits for', async () => {
    const { code, stderr } = await run(['agents.case'])
    expect(code).toBe(1)
    const waits = /^a load by agents waits for NATS at nats:\/\/127\.0\.0\.1:9, 1 s at most: .*refused$/gm
    expect(stderr.match(waits), stderr).toHaveLength(1)
  })

  thoroughly('a second reporter of ours keeps quiet; reports: false leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run(['load.case', '--config=twice.config.js'], { REPORTS: 'off' })
    expect(code, stdout + stderr).toBe(0)
    expect(count(stdout, LINE)).toBe(1)
    expect(stdout).not.toContain('report.html')
  })
})

// util-linux' script gives a command a terminal and passes on what it draws.
const hasScript = spawnSync('script', ['--version']).status === 0

describe.runIf(hasScript)('in a terminal', () => {
  for (const reporter of cases(['default'], ['tree', 'verbose']))
    test(`Vitest's window has a row for the load (${reporter})`, async () => {
      const begun = join(scratch, reporter)
      const args = ['run', `--reporter=${reporter}`, '--maxWorkers=2', 'load.case', 'other.case']
      const { code, drawn } = await terminalFor('reporter-load', args, {
        BUILT: built,
        DURATION: '3s',
        OTHER: '2500',
        BEGUN: begun,
      })
      const text = stripVTControlCharacters(drawn)
      expect(code, text).toBe(0)
      expectInOrder(
        text,
        ' ⚡ a steady trickle  waiting for other test files',
        / ⚡ a steady trickle {2}\[█+░+] [12] s left {2}\d+\/50 req\/s/,
        /iterations: failed 0 \(<= .*p50 [\d.]+ m?s/,
        LINE,
      )
      // Once its line is there, the row is not drawn again, and there was no line for logs.
      expect(text.slice(text.indexOf(LINE))).not.toContain('⚡')
      expect(text).not.toContain(' mean ')
    })
})
