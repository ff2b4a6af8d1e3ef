import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cases } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

/* Vitest itself, with its pools: load tests of two files among files of ordinary tests, four workers. */

const built = await builtPlugin()
const scratch = mkdtempSync(join(tmpdir(), 'turns-'))

afterAll(() => rmSync(scratch, { recursive: true }))

interface Span {
  kind: 'load' | 'test' | 'import'
  name: string
  from: bigint
  to: bigint
}

async function run(args: string[], isSideBySide = false) {
  // Another each time: a test that is tried again must not find what the try before left.
  const events = join(mkdtempSync(join(scratch, 'run-')), 'events')
  const it = await runVitestAgain('server-turns', ['run', ...args], {
    BUILT: built,
    EVENTS: events,
    SIDE_BY_SIDE: isSideBySide ? '1' : '',
  })
  const lines = readFileSync(events, 'utf8').trim().split('\n')
  const spans = lines.map((line): Span => {
    const { from, to, ...rest } = JSON.parse(line)
    return { ...rest, from: BigInt(from), to: BigInt(to) }
  })
  return { ...it, spans }
}

const overlap = (one: Span, other: Span) => one.from < other.to && other.from < one.to

/** What happened beside a load. */
function besideLoads(spans: Span[]): string[] {
  return spans
    .filter(span => span.kind === 'load')
    .flatMap(load =>
      spans.filter(span => span !== load && overlap(load, span)).map(span => `${load.name}: ${span.kind} ${span.name}`),
    )
}

// Two with loads, for two of the four workers: the others have ordinary tests to run side by side.
const files = ['load-a', 'company', 'tests-c', 'tests-d', 'tests-e', 'tests-f', 'broken']

for (const options of cases(
  ['--pool=forks', '--pool=threads --no-isolate'],
  ['--pool=forks --no-isolate', '--pool=vmThreads', '--pool=threads', '--pool=forks --no-file-parallelism'],
))
  test(`nothing runs beside a load, and a file that fails to load holds nobody up, with ${options}`, {
    timeout: 60_000,
  }, async () => {
    const isSideBySide = !options.includes('no-file-parallelism')
    const { code, stdout, stderr, spans } = await run([...options.split(' '), ...files], isSideBySide)
    expect(code, stdout).toBe(1)
    expect(stdout).toMatch(/Tests +1 failed \| 13 passed \(14\)/)
    expect(stderr).toContain('This file fails to load.')
    expect(spans.filter(span => span.kind === 'load')).toHaveLength(2)
    expect(spans).toHaveLength(2 + 3 + 4 * 3)
    expect(besideLoads(spans)).toEqual([])
    // The ordinary tests did run beside one another, or there would have been nothing to hold apart.
    const tests = spans.filter(span => span.kind === 'test')
    if (isSideBySide) expect(tests.some(one => tests.some(other => one !== other && overlap(one, other)))).toBe(true)

    // A load beside concurrent tests of its own file is refused.
    expect(stderr).toContain(
      'Failed to run load "beside": 2 tests of this file run at the same time ("load beside another", "another").',
    )
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['another', 'alone']))
    expect(spans.map(({ name }) => name)).not.toContain('beside')
  })
