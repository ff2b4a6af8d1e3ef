import { execSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { docs, root } from './pages.ts'

/* Pages are read in node_modules too: what they tell to copy has to be in the package. */

test('examples that pages link to are in the package, and what running them leaves behind is not', () => {
  const leftBehind = join(root, 'examples/shop/node_modules/.vite/left-by-a-test')
  onTestFinished(() => rmSync(leftBehind, { recursive: true, force: true }))
  mkdirSync(leftBehind, { recursive: true })
  writeFileSync(join(leftBehind, 'results.json'), '{}')
  const output = execSync('npm pack --dry-run --json', { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  const linked = ['README.md', ...docs].flatMap(page =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^):#\s]*examples\/[^)#\s]*)/g)].map(([, path]) =>
      join(dirname(page), path!),
    ),
  )
  expect(linked).toContain('examples/hosts')
  expect(linked.filter(link => !paths.some(path => path === link || path.startsWith(`${link}/`)))).toEqual([])
  expect(paths.filter(path => /\.vitest|__pycache__|node_modules/.test(path))).toEqual([])
})

test('the README names the two commands of this repository near its top', () => {
  const top = readFileSync(join(root, 'README.md'), 'utf8').split('\n').slice(0, 20).join('\n')
  expect(top).toContain('`npm ci && npm run example`')
  expect(top).toContain('`npm ci && npm test`')
})

test('the README leads to loads from several hosts', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](docs/guide/hosts.md)')
})
