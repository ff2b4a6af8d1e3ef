import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { has } from '../../builders/system.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { servePets } from './pets.ts'
import { copySuite, runSuite, startVitest } from './run-suite.ts'
import { edit, FAST, runWith } from './watching.ts'

const filesOf = (tree: string) => tree.split('\n').filter(line => line !== '' && !line.startsWith(' '))

thoroughly('`vitest related` finds documents and load tests by what they are made of', async () => {
  const pets = await servePets()
  const folder = await copySuite('related')
  const related = async (...files: string[]) => {
    const args = ['related', ...files.map(file => join(folder, file))]
    const { tree } = await runSuite(folder, args, { PETS_API: pets.url })
    return filesOf(tree)
  }
  expect(await related('schemas.yaml')).toEqual(['a.arazzo.yaml', 'b.arazzo.json', 'loads.test.ts'])
  expect(await related('b.arazzo.json')).toEqual(['b.arazzo.json'])
  expect(await related('a.arazzo.yaml', 'other.openapi.yaml')).toEqual([
    ...['a.arazzo.yaml', 'loads.test.ts', 'other.arazzo.yaml'],
  ])
})

thoroughly('`--changed` finds them as well', async ({ skip }) => {
  skip(!has('git'), 'there is no git')
  const pets = await servePets()
  const folder = await copySuite('related')
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' })
  mkdirSync(join(folder, 'empty'))
  git('init', '--quiet', '--template', 'empty')
  git('add', '--all', '--force', '.')
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'all')
  edit(join(folder, 'openapi.yaml'), 'title: Pets', 'title: All pets')
  const { tree } = await runSuite(folder, ['--changed'], { PETS_API: pets.url })
  expect(filesOf(tree)).toEqual(['a.arazzo.yaml', 'b.arazzo.json', 'loads.test.ts'])
})

test('a change of a document, of what it refers to, or of what a load test is made of runs it again', async () => {
  const pets = await servePets()
  const folder = await copySuite('related')
  const vitest = startVitest(folder, ['--watch', ...FAST, 'loads', 'a.arazzo', 'b.arazzo'], { PETS_API: pets.url })
  const loaded = '✓ 1 virtual user'
  const [a, b] = ['a.arazzo.yaml\n  a\n    ✓ list', 'b.arazzo.json\n  b\n    ✓ list']
  const first = await runWith(vitest, 0, loaded, a, b)

  edit(
    join(folder, 'b.arazzo.json'),
    '"steps": [{',
    '"steps": [{ "successCriteria": [{ "condition": "$statusCode == 204" }],',
  )
  const failed = await runWith(vitest, first, 'b.arazzo.json\n  b\n    × list (CriterionError)')
  edit(join(folder, 'b.arazzo.json'), '204', '200')
  const passed = await runWith(vitest, failed, b)

  edit(join(folder, 'openapi.yaml'), 'operationId: listPets', 'operationId: listAll')
  const problem = '! ArazzoError: Failed to resolve operation "listPets"'
  const inLoad = '! ArazzoError: a.arazzo.yaml'
  const broken = await runWith(
    vitest,
    passed,
    inLoad,
    ...['a.arazzo.yaml', 'b.arazzo.json'].map(f => `${f}\n  ${problem}`),
  )

  // Broken documents are watched as well.
  edit(join(folder, 'openapi.yaml'), 'operationId: listAll', 'operationId: listPets')
  await runWith(vitest, broken, loaded, a, b)
})
