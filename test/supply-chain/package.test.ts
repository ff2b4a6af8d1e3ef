import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

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
      "(MIT AND Zlib)",
      "Apache-2.0",
      "BSD-2-Clause",
      "BSD-3-Clause",
      "ISC",
      "MIT",
    ]
  `)
  expect(found.length).toBeLessThanOrEqual(38)
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
  expect(headings).toEqual([
    '## What is promised',
    '## What is not promised',
    '## Versions',
    '## How to report',
  ])
})
