import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { readRef } from '../../src/workflow/find.ts'
import { freshFolder } from '../builders/folder.ts'
import { givenUpAfter } from '../builders/given-up.ts'
import { arazzo } from '../builders/project.ts'
import { amount, isSampled } from '../builders/thorough.ts'
import { api, type Case } from './case.ts'
import { documents } from './documents/index.ts'
import { functionally, underLoad, type Way } from './ways.ts'

/*
 * Each document is run as a functional run and as load over both transports: the same state, reason and outputs, and
 * the same requests as the server saw them, in every iteration.
 */

givenUpAfter(21)

const counts = { documents: 0, passed: 0, failed: 0, runs: 0, requests: 0 }

/** For the documents of this file: to make and remove one for each takes longer than to run many of them. */
const folder = freshFolder('ways')

let written: string | undefined
function write({ api: own = api, workflows, more, version = '1.1.0' }: Case): string {
  if (written !== own) writeFileSync(join(folder, 'api.json'), own)
  written = own
  const file = join(folder, `${counts.documents}.arazzo.yaml`)
  writeFileSync(file, arazzo(workflows, more, version))
  return file
}

async function differential(one: Case): Promise<void> {
  const { script = {}, ...rest } = one
  const { state, because, outputs, urls, headers, bodies, inputs, options, iterations = amount(2, 3) } = rest
  const document = `${write(one)}#main`
  const { document: read } = await readRef(document, { severities: options?.severities })
  const way: Way = { document, read, script, inputs, options, iterations }
  const seen = await functionally(way)
  expect({ state: seen.state, because: seen.because }, 'functional').toEqual({
    state,
    because: state === 'passed' ? undefined : (because && expect.stringMatching(because)) || expect.any(String),
  })
  if (outputs) expect(seen.outputs, 'functional').toMatchObject(outputs)
  if (urls !== undefined) expect(seen.requests.map(({ line }) => line.split(' ')[1]).join(' ')).toBe(urls)
  if (headers) expect(seen.requests.at(-1)!.headers).toEqual(expect.arrayContaining([...headers]))
  if (bodies) expect(seen.requests.flatMap(({ body }) => (body === '' ? [] : [body]))).toEqual(bodies)
  if (urls !== '') expect(seen.requests.length, 'requests of the functional run').toBeGreaterThan(0)
  // The transports differ in the exchange, and test/http/differential compares a thousand of them.
  const transports = isSampled(counts.documents) ? (['wire', 'undici'] as const) : (['wire'] as const)
  for (const transport of transports) {
    const sights = await underLoad(transport, way)
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

for (const [family, cases] of Object.entries(documents)) {
  describe(family, () => {
    test.each(cases.map(one => [one.name, one] as const))('%s', (_, one) => differential(one))
  })
}

test('there are documents enough, of both ends, each with a name of its own', () => {
  const all = Object.values(documents).flat()
  expect(all.length).toBeGreaterThanOrEqual(150)
  for (const state of ['passed', 'failed'] as const)
    expect(all.filter(one => one.state === state).length, state).toBeGreaterThanOrEqual(40)
  for (const cases of Object.values(documents)) expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})

afterAll(() => {
  const { documents: ran, passed, failed, runs, requests } = counts
  console.info(
    `three ways: ${ran} documents alike (${passed} passed, ${failed} failed), ${runs} runs, ${requests} requests`,
  )
})
