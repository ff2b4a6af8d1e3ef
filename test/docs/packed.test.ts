import { execSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from './pages.ts'

/* Pages are read in node_modules too: what they link to has to be in the package. */

const LINK = /\]\((?!https?:|#)([^)#\s]+)|(?:src|srcset|href)="(?!https?:|#)([^"#]+)"/g

test('no link of the unpacked package is dead, and what running examples leaves behind is not in it', () => {
  const leftBehind = join(root, 'examples/shop/node_modules/.vite/left-by-a-test')
  onTestFinished(() => rmSync(leftBehind, { recursive: true, force: true }))
  mkdirSync(leftBehind, { recursive: true })
  writeFileSync(join(leftBehind, 'results.json'), '{}')
  const scratch = mkdtempSync(join(tmpdir(), 'packed-'))
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }))
  execSync(`npm pack --ignore-scripts --pack-destination ${scratch}`, { cwd: root, stdio: 'pipe' })
  execSync(`tar -xzf ${readdirSync(scratch)[0]}`, { cwd: scratch })
  const home = join(scratch, 'package')
  const paths = readdirSync(home, { recursive: true, encoding: 'utf8' })
  const links = paths
    .filter(path => path.endsWith('.md'))
    .flatMap(page =>
      [...readFileSync(join(home, page), 'utf8').matchAll(LINK)].map(([, link, source]) => ({
        page,
        to: join(dirname(page), link ?? source!),
      })),
    )
  expect(links.length).toBeGreaterThan(100)
  expect(links.filter(({ to }) => !existsSync(join(home, to)))).toEqual([])
  expect(paths).not.toContain('docs/decisions.md')
  expect(paths.filter(path => /\.vitest|__pycache__|node_modules/.test(path))).toEqual([])
})

test('the README names the two commands of this repository near its top', () => {
  const top = readFileSync(join(root, 'README.md'), 'utf8').split('\n').slice(0, 35).join('\n')
  expect(top).toContain('\nnpm ci && npm run example\n')
  expect(top).toContain('\nnpm ci && npm test\n')
})

test('the README leads to loads from several hosts', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](docs/guide/hosts.md)')
})
