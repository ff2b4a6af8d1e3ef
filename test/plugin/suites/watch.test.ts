import { join } from 'node:path'
import { test } from 'vitest'
import { servePets } from './pets.ts'
import { copySuite, startVitest } from './run-suite.ts'
import { edit, runWith } from './watching.ts'

test('a change of a document, or of what it refers to, runs it again', async () => {
  const pets = await servePets()
  const folder = await copySuite('formats')
  const vitest = startVitest(folder, ['--watch', 'a.arazzo', 'c.arazzo'], { PETS_API: pets.url })
  const first = await runWith(vitest, 0, '× list (CriterionError)')

  edit(join(folder, 'c.arazzo.json'), '204', '200')
  const passed = await runWith(vitest, first, 'c.arazzo.json\n  in-json\n    ✓ list')

  edit(join(folder, 'openapi.yaml'), 'operationId: listPets', 'operationId: listAll')
  const problem = 'ArazzoError: Failed to resolve operation "listPets"'
  const broken = await runWith(vitest, passed, `a.arazzo.yml\n  ! ${problem}`, `c.arazzo.json\n  ! ${problem}`)

  // Broken documents are watched as well.
  edit(join(folder, 'openapi.yaml'), 'operationId: listAll', 'operationId: listPets')
  await runWith(vitest, broken, 'a.arazzo.yml\n  in-yml\n    ✓ list', 'c.arazzo.json\n  in-json\n    ✓ list')
}, 120_000)
