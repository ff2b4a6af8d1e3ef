import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { servePets } from './pets.ts'
import { copySuite, readTree, type Started, startVitest } from './run-suite.ts'

/** The tree of the n-th run, once it is over. */
async function runOf({ treeFile, output }: Started, n: number): Promise<string> {
  for (let waited = 0; waited < 15_000; waited += 50) {
    const read = readTree(treeFile)
    if (read && read.run >= n) return read.tree
    await sleep(50)
  }
  throw new Error(`run ${n} did not come:\n${output()}`)
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replaceAll(from, to))
}

test('a change of a document, or of what it refers to, runs it again', async () => {
  const pets = await servePets()
  const folder = await copySuite('formats')
  const vitest = startVitest(folder, ['--watch', 'a.arazzo', 'c.arazzo'], { PETS_API: pets.url })
  expect(await runOf(vitest, 1)).toContain('× list (CriterionError)')

  edit(join(folder, 'c.arazzo.json'), '204', '200')
  expect(await runOf(vitest, 2)).toBe('c.arazzo.json\n  in-json\n    ✓ list')

  edit(join(folder, 'openapi.yaml'), 'operationId: listPets', 'operationId: listAll')
  const broken = await runOf(vitest, 3)
  expect(broken).toContain('a.arazzo.yml\n  ! ArazzoError: Failed to resolve operation "listPets"')
  expect(broken).toContain('c.arazzo.json\n  ! ArazzoError: Failed to resolve operation "listPets"')

  // Broken documents are watched as well.
  edit(join(folder, 'openapi.yaml'), 'operationId: listAll', 'operationId: listPets')
  const mended = await runOf(vitest, 4)
  expect(mended).toContain('a.arazzo.yml\n  in-yml\n    ✓ list')
  expect(mended).toContain('c.arazzo.json\n  in-json\n    ✓ list')
}, 60_000)
