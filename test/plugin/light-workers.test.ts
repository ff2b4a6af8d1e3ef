import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtPlugin } from './server/built.ts'

/** The packages that a file of the build loads before it does anything: by its imports, and theirs. */
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
    // Required, and at once.
    if (text.includes('undici/lib/dispatcher/client.js')) packages.add('undici')
  }
  expect(files.size).toBeGreaterThan(1)
  return [...packages]
}

/** As esbuild writes them, which has whole lines for imports. */
const IMPORT = /^(?:(?:import |export |\})[^'"]*from "([^"]+)"|import "([^"]+)");$/gm

/* What follows is loaded anew by every worker, of which Vitest makes one for each test file. */

test('what is loaded into every test file brings no histograms, no parser and no transport', async () => {
  const packages = loadedBy(await builtPlugin(), 'setup.js')
  expect(packages).toContain('vitest')
  for (const heavy of ['hdr-histogram-js', 'yaml', 'undici', 'ajv', 'zod']) expect(packages).not.toContain(heavy)
})

test('what runs a document that was read brings no histograms and no parser', async () => {
  const packages = loadedBy(await builtPlugin(), 'runtime.js')
  expect(packages).toContain('undici')
  for (const heavy of ['hdr-histogram-js', 'yaml', 'ajv', 'zod']) expect(packages).not.toContain(heavy)
})

test('a load thread brings no parser, nor the transport that few loads use', async () => {
  const packages = loadedBy(await builtPlugin(), 'load-worker.js')
  expect(packages.length).toBeGreaterThan(0)
  for (const heavy of ['yaml', 'undici', 'ajv', 'zod']) expect(packages).not.toContain(heavy)
})
