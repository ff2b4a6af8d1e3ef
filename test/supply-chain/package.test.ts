import { copyFileSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { builtPlugin } from '../plugin/server/built.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Locked {
  readonly dev?: boolean
  readonly peer?: boolean
  readonly link?: boolean
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifest = JSON.parse(read('package.json'))
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }

/** Packages that users install with ours: what its dependencies lead to in the lock file. */
function installed(): Map<string, Locked> {
  const found = new Map<string, Locked>()
  const visit = (name: string, from: string): void => {
    let folder = from
    while (folder !== '' && !packages[`${folder}/node_modules/${name}`])
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    const one = packages[path]
    if (!one) throw new Error(`${name}, of ${from || 'the package'}, is not in the lock file`)
    if (found.has(path)) return
    found.set(path, one)
    for (const below of Object.keys(one.dependencies ?? {})) visit(below, path)
  }
  for (const name of Object.keys(manifest.dependencies)) visit(name, '')
  return found
}

test('nothing that users install has install scripts, and neither have we', () => {
  const found = [...installed()]
  expect(found.length).toBeGreaterThan(Object.keys(manifest.dependencies).length)
  expect(found.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([])
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(manifest.scripts).not.toHaveProperty(script)
})

test('what users install is under licences that any project can use, and no more packages than before', () => {
  const found = [...installed()]
  const licences = new Set(found.map(([path, { license }]) => license ?? `none in ${path}`))
  expect([...licences].sort()).toMatchInlineSnapshot(`
    [
      "BSD-3-Clause",
      "ISC",
      "MIT",
    ]
  `)
  // `npm run check:installed` tells of it as it is installed.
  expect(found.length).toBeLessThanOrEqual(32)
  expect(found.reduce((sum, [path]) => sum + bytesBelow(path), 0)).toBeLessThan(11.7e6)
})

/** Of a package's own files, without what is installed below it. */
function bytesBelow(path: string): number {
  const folder = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  return readdirSync(folder)
    .filter(name => name !== 'node_modules')
    .map(name => [`${path}/${name}`, lstatSync(`${folder}/${name}`)] as const)
    .reduce((sum, [below, stat]) => sum + (stat.isDirectory() ? bytesBelow(below) : stat.size), 0)
}

test('what is bundled stands in THIRD-PARTY.md with its licence, and is published with it', () => {
  const text = read('THIRD-PARTY.md')
  expect(manifest.files).toContain('THIRD-PARTY.md')
  const headings = text.match(/^## .*$/gm)
  const rules = '@secretlint/secretlint-rule-preset-recommend'
  const always = ['tldts', 'tldts-core', 'tough-cookie', 'uplot', 'zod', rules]
  expect(headings).toEqual([...always, 'yaml', 'csv-parse'].map(name => `## ${name}`))
  for (const heading of headings!) expect(text).toContain(read(`node_modules/${heading.slice(3)}/LICENSE`).trim())
  for (const name of ['tough-cookie', 'uplot', 'zod', rules]) expect(manifest.dependencies).not.toHaveProperty(name)
})

test('the bundled jar of cookies needs nothing beside it, and knows public suffixes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jar-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  copyFileSync(join(await builtPlugin(), 'cookie-jar.cjs'), join(folder, 'cookie-jar.cjs'))
  const { CookieJar } = createRequire(join(folder, 'x.js'))('./cookie-jar.cjs') as typeof import('tough-cookie')
  const jar = new CookieJar()
  jar.setCookieSync('a=1; Domain=shop.co.uk', 'http://api.shop.co.uk/')
  expect(jar.getCookieStringSync('http://www.shop.co.uk/')).toBe('a=1')
  expect(() => jar.setCookieSync('a=1; Domain=co.uk', 'http://shop.co.uk/')).toThrow('public suffix')
})

test('Yarn PnP unplugs the package, and releases have provenance', () => {
  expect(manifest.preferUnplugged).toBe(true)
  expect(manifest.publishConfig.provenance).toBe(true)
  const workflow = read('.github/workflows/publish.yml')
  expect(workflow).toContain('id-token: write')
  expect(workflow).toContain('npm publish --provenance')
})

test('SECURITY.md is published, and says what is promised, what is not and how to report', () => {
  expect(manifest.files).toContain('SECURITY.md')
  const headings = read('SECURITY.md').match(/^## .*$/gm)
  expect(headings).toEqual(['## What is promised', '## What is not promised', '## Versions', '## How to report'])
})
