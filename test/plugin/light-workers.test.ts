import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtPlugin } from './server/built.ts'

/**
 * What a file of the build loads before it does anything, by its imports, and theirs: packages by their names, those
 * that are part of the build too, and our own files (`src/http/wire/pool.ts`); undici, where it is within reach.
 */
function loadedBy(built: string, file: string): string[] {
  const packages = new Set<string>()
  const files = new Set([file])
  for (const name of files) {
    const text = readFileSync(join(built, name), 'utf8')
    for (const [, bound, bare] of text.matchAll(IMPORT)) {
      const from = (bound ?? bare)!
      if (from.startsWith('./')) files.add(from.slice(2))
      else packages.add(from)
    }
    // Required, with the first transport that sends by it.
    if (text.includes('undici/lib/dispatcher/client.js')) packages.add('undici')
    for (const [, part, ours] of text.matchAll(PART)) packages.add((part ?? ours)!)
  }
  return [...packages]
}

/** As esbuild writes them, which has whole lines for imports. */
const IMPORT = /^(?:(?:import |export |\})[^'"]*from "([^"]+)"|import "([^"]+)");$/gm

/** A comment over each part of a chunk: the file that it comes from. */
const PART = /^\/\/ (?:node_modules\/([^/\n]+)\/.*|((?:src|plugin)\/.+))$/gm

/** Whether a transport is among them. */
const isTransport = (name: string) => /^undici$|^src\/http\/(wire|h2)\/|^src\/http\/select\//.test(name)

/* What follows is loaded anew by every worker, of which Vitest makes one for each test file. */

const HEAVY = ['yaml', 'ajv', 'zod', 'slimdom', 'fontoxpath', 'json-p3', 're2js']

test('what is loaded into every test file brings no parser and no transport', async () => {
  const built = await builtPlugin()
  const [, setUp = ''] = /import\("\.\/(set-up[^"]+)"\)/.exec(readFileSync(join(built, 'setup.js'), 'utf8')) ?? []
  const loaded = loadedBy(built, setUp)
  expect(loaded).toContain('vitest')
  for (const heavy of HEAVY) expect(loaded).not.toContain(heavy)
  expect(loaded.filter(isTransport)).toEqual([])
})

test('what runs a document that was read brings no histograms, no parser, and nothing of load tests', async () => {
  const loaded = loadedBy(await builtPlugin(), 'runtime.js')
  expect(loaded).toContain('undici')
  for (const heavy of [...HEAVY, 'src/measure/histogram.ts', 'csv-parse', 'picomatch'])
    expect(loaded).not.toContain(heavy)
  expect(loaded).not.toContain('src/load/plan/load-test.ts')
})

test('a load thread brings no parser, nor the transports that few loads use', async () => {
  const loaded = loadedBy(await builtPlugin(), 'load-worker.js')
  for (const heavy of HEAVY) expect(loaded).not.toContain(heavy)
  expect(loaded.filter(isTransport)).toContain('src/http/wire/connection.ts')
  expect(loaded.filter(name => name === 'undici' || name.startsWith('src/http/h2/'))).toEqual([])
})

test('what is looked for here would be found', async () => {
  const loaded = loadedBy(await builtPlugin(), 'engine.js')
  expect(loaded).toEqual(expect.arrayContaining(['zod', 'src/document/arazzo/workflow.ts']))
})
