/*
 * Builds unless dist/ was made from just these sources. `--no-types` is for what only runs it: the types take most
 * of the time, and can be added later. `--anew` builds in any case.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'dist/.sources')
const configurations = ['tsconfig.json', 'tsconfig.types.json', 'tsup.config.ts', 'tsup.types.config.ts']
const sources = ['src', 'plugin', 'package.json', 'package-lock.json', ...configurations]
const needsTypes = !process.argv.includes('--no-types')

const hash = createHash('sha256')
for (const source of sources) add(join(root, source))
const wanted = hash.digest('hex')
const withoutTypes = `${wanted} without types`
const made = existsSync(stamp) && !process.argv.includes('--anew') ? readFileSync(stamp, 'utf8') : ''

if (made !== wanted && made !== withoutTypes) make(withoutTypes, makeModules)
// In between, others may use the modules.
if (made !== wanted && needsTypes) make(wanted, makeTypes)

/**
 * @param {string} state
 * @param {() => boolean} task
 */
function make(state, task) {
  if (task()) writeFileSync(stamp, state)
  else process.exit(1)
}

function makeModules() {
  rmSync(stamp, { force: true })
  return run('tsup/dist/cli-default.js')
}

/** Bundles the declarations that the compiler writes of each source: by itself the bundler takes ten times as long. */
function makeTypes() {
  const isMade =
    run('@typescript/native-preview/bin/tsgo', '-p', 'tsconfig.types.json') &&
    run('tsup/dist/cli-default.js', '--config', 'tsup.types.config.ts')
  rmSync(join(root, 'dist/.types'), { recursive: true, force: true })
  return isMade
}

/**
 * @param {string} program of a package
 * @param {string[]} args
 */
function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  return status === 0
}

/** @param {string} path of a file or a folder */
function add(path) {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name))
  else hash.update(path.slice(root.length)).update(readFileSync(path))
}
