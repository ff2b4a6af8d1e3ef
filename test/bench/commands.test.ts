import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import config from '../../bench/tsup.config.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const script = join(root, 'scripts/bench.mjs')

const listed = execFileSync(process.execPath, [script], { encoding: 'utf8' })
/** Names of the benchmarks, as the command lists them. */
const benches = [...listed.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!)

test('each benchmark has a line of its own, with its arguments', () => {
  expect(listed).toContain('  steady [seconds] [rounds]\n')
  expect(listed.split('\n').slice(3, -1)).toSatisfy((lines: string[]) => lines.every(line => /^ {2}[a-z]/.test(line)))
})

test('each benchmark that is listed is one that is built', () => {
  expect(benches).toEqual(expect.arrayContaining(['macro', 'engine', 'soak', 'micro', 'capacity-survey']))
  const built = Object.keys('entry' in config ? (config.entry ?? {}) : {})
  expect(benches.filter(name => !built.includes(name))).toEqual([])
})

test('a name that no benchmark has is refused with those that there are', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'nano'], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatchInlineSnapshot(`
    "Failed to run the benchmark nano: there is none of that name. Use one of those below.

    "
  `)
  expect(stdout).toContain('  micro\n')
})

test('texts name no script and no benchmark that is not there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = ['.ci', '.github', 'bench', 'docs', 'examples', 'scripts', 'src', 'test']
  const files = [
    'README.md',
    'CHANGELOG.md',
    ...folders.flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true }).map(name => join(folder, `${name}`)),
    ),
  ].filter(path => !/node_modules|out\/|test\/plugin\//.test(path) && statSync(join(root, path)).isFile())
  const named = new Set<string>()
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, name] of text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g)) named.add(name!)
    for (const [, name] of text.matchAll(/`(?:npm run )?bench -- ([a-z][a-z-]*)/g)) named.add(`bench -- ${name}`)
  }
  const known = [...Object.keys(scripts), ...benches.map(name => `bench -- ${name}`)]
  expect([...named].filter(name => !known.includes(name))).toEqual([])
  expect(named.size).toBeGreaterThan(30)
})
