import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain, terminalFor } from '../server/run-vitest.ts'

/* Vitest on a project with a load test, as a terminal, a log and a machine get to see it. */

let built: string

const scratch = mkdtempSync(join(tmpdir(), 'reporter-'))
afterAll(() => rmSync(scratch, { recursive: true }))

beforeAll(async () => {
  built = await builtPlugin()
}, 120_000)

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

/** The head of its table. */
const TABLE = '\n  ✓ a steady trickle: all 3 budgets kept'

const count = (text: string, part: string) => text.split(part).length - 1

describe('without a terminal', () => {
  thoroughly('the table comes after the line of its file', { timeout: 240_000 }, async () => {
    const { code, stdout, stderr } = await run(['load.case', 'other.case', '--no-file-parallelism'])
    expect(code, stdout + stderr).toBe(0)
    expectInOrder(
      stdout,
      /✓ load.case.js \(5 tests/,
      TABLE,
      '\n    50 requests/s for ',
      '  ✓ kept  ',
      '    ask ',
      'Test Files',
    )
    expect(count(stdout, TABLE)).toBe(1)
    expect(stderr).toBe('')
  })

  test('standard output stays JSON; a line every ten seconds and the table go to standard error', {
    timeout: 240_000,
  }, async () => {
    const { code, stdout, stderr } = await run(['load.case', '--reporter=json'], { DURATION: '13s' })
    expect(code, stdout + stderr).toBe(0)
    const { testResults } = JSON.parse(stdout)
    expect(testResults[0].assertionResults[1].meta.load).toMatchObject({ requests: 650, state: 'completed' })
    expect(stderr).toMatch(
      /^a steady trickle\nTime: 1\ds\/1\ds \| Phase: \S+ \| RPS: \d+(\.\d)?\/50\n {2}Iterations: Success: \d+ \| Failed: 0 \| Avg: \S+ \| P95: \S+ \| P99: \S+$/m,
    )
    expectInOrder(stderr, 'Time: ', TABLE, '  ✓ kept  ')
  })

  thoroughly(
    'dot, junit and tap get their table too, and only people get it on standard output',
    { timeout: 240_000 },
    async () => {
      const [dot, junit, tap] = await Promise.all(
        ['dot', 'junit', 'tap'].map(name => run(['load.case', `--reporter=${name}`])),
      )
      expect(dot!.stdout).toContain(TABLE)
      for (const { code, stdout, stderr } of [junit!, tap!]) {
        expect(code, stdout + stderr).toBe(0)
        expect(stdout).not.toContain('✓ kept')
        expect(stderr).toContain(TABLE)
      }
      expect(junit!.stdout).toMatch(/^<\?xml .*<\/testsuites>\s*$/s)
      expect(tap!.stdout).toMatch(/^TAP version 13/)
    },
  )

  test('JUnit has iterations without a response as failures', { timeout: 240_000 }, async () => {
    const { code, stdout } = await run(['load.case', '--reporter=junit'], { MUTE_FROM: '40', GRACE: '1s' })
    expect(code).toBe(1)
    const failures = stdout.match(/<failure message="[^"]*"/g)!.join('\n')
    expect(failures).toMatch(/Expected errorRate &lt;= 1 %, received \d/)
    expect(stdout).toMatch(
      /attempts? at ask .*: no response after [\d.]+ m?s: the load and its graceful stop were over/,
    )
  })

  test('a load by agents says what it waits for', { timeout: 240_000 }, async () => {
    const { code, stderr } = await run(['agents.case'])
    expect(code).toBe(1)
    const waits = /^a load by agents waits for NATS at nats:\/\/127\.0\.0\.1:9, 1 s at most: .*refused$/gm
    expect(stderr.match(waits), stderr).toHaveLength(1)
  })

  test('a second reporter of ours keeps quiet; reports: false leaves nothing behind', {
    timeout: 240_000,
  }, async () => {
    const { code, stdout, stderr } = await run(['load.case', '--config=twice.config.js'], { REPORTS: 'off' })
    expect(code, stdout + stderr).toBe(0)
    expect(count(stdout, TABLE)).toBe(1)
    expect(stdout).not.toContain('report.html')
  })
})

// util-linux' script gives a command a terminal and passes on what it draws.
const hasScript = spawnSync('script', ['--version']).status === 0

describe.runIf(hasScript)('in a terminal', () => {
  for (const reporter of cases(['default'], ['tree', 'verbose']))
    test(`Vitest's window has a row for the load (${reporter})`, { timeout: 240_000 }, async () => {
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
        / ⚡ a steady trickle {2}\[█+░+] [12]\/3 s {2}\d+\/50 req\/s/,
        /iterations: failed 0 \(<= .*p50 [\d.]+ m?s/,
        TABLE,
      )
      // Once its table is there, the row is not drawn again, and there was no line for logs.
      expect(text.slice(text.indexOf(TABLE))).not.toContain('⚡')
      expect(text).not.toContain('Time: ')
    })
})
