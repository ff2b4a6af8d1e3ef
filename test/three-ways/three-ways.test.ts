import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import type { Http1Name } from '../../src/load/plan/transport-choice.ts'
import { readRef } from '../../src/workflow/functional.ts'
import { arazzo } from '../builders/project.ts'
import { amount, cases } from '../builders/thorough.ts'
import { api, type Case } from './case.ts'
import { documents } from './documents/index.ts'
import { functionally, underLoad, type Way } from './ways.ts'

/*
 * Each document is run as a functional run and as load over both transports (or one, see below): the same state, reason
 * and outputs, and the same requests as the server saw them, in every iteration.
 */

const counts = { documents: 0, passed: 0, failed: 0, runs: 0, requests: 0 }

/** For the documents of this file: to make and remove one for each takes longer than to run many of them. */
const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-ways-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written: string | undefined
function write({ api: own = api, workflows, more, version = '1.1.0' }: Case): string {
  if (written !== own) writeFileSync(join(folder, 'api.json'), own)
  written = own
  const file = join(folder, `${counts.documents}.arazzo.yaml`)
  writeFileSync(file, arazzo(workflows, more, version))
  return file
}

type Transports = readonly Http1Name[]
/**
 * Load over wire is always held against the functional run, whose transport is undici. Where a document is about what
 * happens once a response is there, every third stands for the others over undici.
 */
const transportsOf = (family: string, n: number): Transports =>
  ['criteria', 'flow', 'parameters of requests', 'JSON to the letter'].includes(family) && n % 3 > 0
    ? cases(['wire'], ['undici'])
    : ['wire', 'undici']

async function differential(one: Case, transports: Transports): Promise<void> {
  const { script = {}, ...rest } = one
  const { state, because, outputs, inputs, options, iterations = amount(2, 3) } = rest
  const way: Way = { document: `${write(one)}#main`, script, inputs, options, iterations }
  const seen = await functionally(way)
  expect({ state: seen.state, because: seen.because }, 'functional').toEqual({
    state,
    because: state === 'passed' ? undefined : (because && expect.stringMatching(because)) || expect.any(String),
  })
  if (outputs) expect(seen.outputs, 'functional').toMatchObject(outputs)
  expect(seen.requests.length, 'requests of the functional run').toBeGreaterThan(0)
  const { document: read } = await readRef(way.document, options?.read)
  for (const transport of transports) {
    const sights = await underLoad(transport, { ...way, read })
    expect(sights, `iterations over ${transport}`).toHaveLength(iterations)
    // Strictly, and twenty times as fast as `toEqual`, which then shows where they differ.
    for (const [n, sight] of sights.entries())
      if (!isDeepStrictEqual(sight, seen)) expect(sight, `iteration ${n + 1} over ${transport}`).toStrictEqual(seen)
    counts.runs += sights.length
  }
  counts.documents++
  counts.runs++
  counts[state]++
  counts.requests += seen.requests.length * (1 + transports.length * iterations)
}

for (const [family, ofFamily] of Object.entries(documents)) {
  describe(family, () => {
    test.each(ofFamily.map((one, n) => ({ ...one, transports: transportsOf(family, n) })))(
      '$name',
      ({ transports, ...one }) => differential(one, transports),
    )
  })
}

test('there are documents enough, of both ends, each with a name of its own', () => {
  const all = Object.values(documents).flat()
  expect(all.length).toBeGreaterThanOrEqual(150)
  for (const state of ['passed', 'failed'] as const)
    expect(all.filter(one => one.state === state).length, state).toBeGreaterThanOrEqual(40)
  for (const ofFamily of Object.values(documents))
    expect(new Set(ofFamily.map(({ name }) => name)).size).toBe(ofFamily.length)
})

afterAll(() => {
  const { documents: ran, passed, failed, runs, requests } = counts
  console.info(
    `three ways: ${ran} documents alike (${passed} passed, ${failed} failed), ${runs} runs, ${requests} requests`,
  )
})
