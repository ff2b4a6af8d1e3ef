import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { blocks } from '../../scripts/readme.mjs'
import { copyExamples } from '../builders/example.ts'
import { freshFolder } from '../builders/folder.ts'
import { runVitest } from '../plugin/server/run-vitest.ts'

/* The READMEs of the examples list the tests that these have; `npm run examples` runs them. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = freshFolder('examples')
const names = ['shop', 'any-command']
beforeAll(() => copyExamples(scratch, ...names))

test.each(names)('the README of %s lists its tests', async name => {
  const { code, stdout, stderr } = await runVitest(join(scratch, name), ['list'], {})
  expect(code, stderr).toBe(0)
  const readme = join(root, 'examples', name, 'README.md')
  expect(existsSync(readme)).toBe(true)
  const shown = blocks(readme).find(block => block.includes(' > '))
  const plain = (text: string) => text.trim().split('\n').sort()
  expect(plain(shown ?? '')).toEqual(plain(stdout))
  expect(readFileSync(readme, 'utf8')).toContain(`${plain(stdout).length} tests`)
})
