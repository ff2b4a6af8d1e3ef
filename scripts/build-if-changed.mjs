/*
 * Builds unless dist/ was made from just these sources. `--no-types` is for what only runs it: the types take nine
 * tenths of the time.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'dist/.sources')
const sources = ['src', 'plugin', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsup.config.ts']
const needsTypes = !process.argv.includes('--no-types')

const hash = createHash('sha256')
for (const source of sources) add(join(root, source))
const wanted = hash.digest('hex')
const made = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''

if (made !== wanted && (needsTypes || made !== `${wanted} without types`)) {
  const command = ['run', 'build', ...(needsTypes ? [] : ['--', '--no-dts'])]
  const { status } = spawnSync('npm', command, { cwd: root, stdio: 'inherit' })
  if (status === 0) writeFileSync(stamp, needsTypes ? wanted : `${wanted} without types`)
  else process.exitCode = status ?? 1
}

/** @param {string} path of a file or a folder */
function add(path) {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name))
  else hash.update(path.slice(root.length)).update(readFileSync(path))
}
