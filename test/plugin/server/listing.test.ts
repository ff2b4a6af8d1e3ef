import { expect, test } from 'vitest'
import { isListing } from '../../../plugin/server/listing.ts'

test.each([
  ['list', true],
  ['list --json', true],
  ['--no-color list', true],
  ['--config vitest.config.js list', true],
  ['-c vitest.ci.config.js -r packages/api list pets.arazzo', true],
  ['--run list', true],
  ['run list', false],
  ['-t list', false],
  ['--run -t list pets.arazzo', false],
  ['--project list', false],
  ['pets list', false],
  ['--retry 2 -t list list', true],
  ['', false],
])('"vitest %s" lists only: %s', async (line, lists) => {
  expect(await isListing(line.split(' ').filter(Boolean))).toBe(lists)
})
