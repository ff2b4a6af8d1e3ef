/*
 * Runs a benchmark: `npm run bench -- <name> [arguments]`, on the package as its sources are now. Without a name it
 * says which there are: those of which the first comment says so. Options alone are those of `macro`.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [first = '', ...rest] = process.argv.slice(2)
const [name, args] = first.startsWith('-') ? ['macro', [first, ...rest]] : [first, rest]

const usages = benches()
if (usages.has(name)) process.exitCode = runBench()
else {
  const fault = `Failed to run the benchmark ${name}: there is none of that name. Use one of those below.\n`
  if (name !== '') console.error(fault)
  console.log('npm run bench -- <name> [arguments]')
  console.log('What each measures, and how long it takes, the first comment of its file in bench/ tells.\n')
  for (const [known, usage] of usages) console.log(`  ${known}${usage}`)
  process.exitCode = name === '' ? 0 : 1
}

/** Names of the benchmarks, each with the arguments that it takes. */
function benches() {
  const found = new Map()
  for (const file of readdirSync(join(root, 'bench'), { recursive: true })) {
    if (!/^(?!out\b).*\.ts$/.test(String(file))) continue
    const usage = /^\/\*\*.*?\bRun: `npm run bench -- ([a-z-]+)(.*?)`/s.exec(
      readFileSync(join(root, 'bench', String(file)), 'utf8'),
    )
    // What is broken into lines there is one here.
    if (usage) found.set(usage[1], usage[2].replaceAll(/\n \* /g, ' '))
  }
  return new Map([...found].sort())
}

/** Its exit code, or that of the build before it. */
function runBench() {
  const steps = [
    ['node', 'scripts/build-if-changed.mjs'],
    ['tsup', '--config', 'bench/tsup.config.ts', '--silent'],
    ['node', join('bench/out', `${name}.js`), ...args],
  ]
  for (const [command, ...given] of steps) {
    const { status } = spawnSync(command, given, { cwd: root, stdio: 'inherit' })
    if (status !== 0) return status ?? 1
  }
  return 0
}
