import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { servePets } from './pets.ts'
import { copySuite, readTree, type Started, startVitest } from './run-suite.ts'

/**
 * Waits for a run after `from` whose tree has all of these, and gives its number: a watcher may report one edit as two, or still
 * report that the files were made.
 */
async function runWith({ treeFile, output }: Started, from: number, ...parts: string[]): Promise<number> {
  let last: ReturnType<typeof readTree>
  for (let waited = 0; waited < 15_000; waited += 50) {
    last = readTree(treeFile)
    if (last && last.run > from && parts.every(part => last!.tree.includes(part))) return last.run
    await sleep(50)
  }
  throw new Error(`no run had ${parts.join(' and ')}; the last:\n${last?.tree}\n${output()}`)
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
  const first = await runWith(vitest, 0, '× list (CriterionError)')

  edit(join(folder, 'c.arazzo.json'), '204', '200')
  const passed = await runWith(vitest, first, 'c.arazzo.json\n  in-json\n    ✓ list')

  edit(join(folder, 'openapi.yaml'), 'operationId: listPets', 'operationId: listAll')
  const problem = 'ArazzoError: Failed to resolve operation "listPets"'
  const broken = await runWith(
    vitest,
    passed,
    `a.arazzo.yml\n  ! ${problem}`,
    `c.arazzo.json\n  ! ${problem}`,
  )

  // Broken documents are watched as well.
  edit(join(folder, 'openapi.yaml'), 'operationId: listAll', 'operationId: listPets')
  await runWith(vitest, broken, 'a.arazzo.yml\n  in-yml\n    ✓ list', 'c.arazzo.json\n  in-json\n    ✓ list')
}, 60_000)
