/*
 * What users install: packs the package, installs the tarball into an empty folder without its peers, and counts the
 * packages there and their bytes, the largest first. Run: `npm run check:installed`.
 */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, run } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-installed-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
must(packed.code === 0, 'npm pack', packed.output)
const [{ filename }] = JSON.parse(packed.output.slice(packed.output.indexOf('[\n')))
writeFileSync(join(folder, 'package.json'), '{ "private": true }')
const flags = ['--no-audit', '--no-fund', '--legacy-peer-deps']
const installed = await run('npm', ['install', ...flags, join(folder, filename)], { cwd: folder })
must(installed.code === 0, 'npm install of the tarball, in an empty folder', installed.output)

const bytesOf = path => {
  const stat = lstatSync(path)
  return stat.isDirectory() ? bytesBelow(path) : stat.size
}
const bytesBelow = (path, skipped = '') =>
  readdirSync(path)
    .filter(name => name !== skipped)
    .reduce((sum, name) => sum + bytesOf(join(path, name)), 0)

const { packages } = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
const sizes = Object.keys(packages)
  .map(path => ({ path, bytes: bytesBelow(join(folder, path), 'node_modules') }))
  .sort((a, b) => b.bytes - a.bytes)
const megabytes = bytes => `${(bytes / 1e6).toFixed(1)} MB`
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
for (const { path, bytes } of sizes.slice(0, 12)) console.log(`  ${megabytes(bytes).padStart(8)}  ${path}`)
console.log(`${sizes.length} production packages, ${megabytes(total)}`)
