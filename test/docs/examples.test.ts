import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { blocks } from '../../scripts/readme.mjs'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitest } from '../plugin/server/run-vitest.ts'

/* The READMEs of the examples list the tests that these have; `npm run examples` runs them. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'examples-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** A copy of an example in which the package is the one that is being tested. */
async function copied(name: string): Promise<string> {
  const folder = join(scratch, name)
  const modules = join(folder, 'node_modules')
  const isOwn = (path: string) => !/node_modules|\.vitest-/.test(path.slice(root.length))
  cpSync(join(root, 'examples', name), folder, { recursive: true, filter: isOwn })
  mkdirSync(join(modules, 'vitest-arazzo'), { recursive: true })
  cpSync(join(root, 'package.json'), join(modules, 'vitest-arazzo/package.json'))
  symlinkSync(await builtPlugin(), join(modules, 'vitest-arazzo/dist'))
  for (const other of ['vitest', 'vite', 'fastify'])
    symlinkSync(join(root, 'node_modules', other), join(modules, other))
  return folder
}

test.each(['shop', 'any-command'])('the README of %s lists its tests', async name => {
  const folder = await copied(name)
  const { code, stdout, stderr } = await runVitest(folder, ['list'], {})
  expect(code, stderr).toBe(0)
  const readme = join(root, 'examples', name, 'README.md')
  expect(existsSync(readme)).toBe(true)
  const shown = blocks(readme).find(block => block.includes(' > '))
  const plain = (text: string) => text.trim().split('\n').sort()
  expect(plain(shown ?? '')).toEqual(plain(stdout))
  expect(readFileSync(readme, 'utf8')).toContain(`${plain(stdout).length} tests`)
})
