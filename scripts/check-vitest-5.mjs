/**
 * Runs the plugin's suites, and what has to be red in them, as they are, on Vitest 5 and Node 24:
 * `npm run check:vitest-5`. Both come from the npm registry, into a folder of their own outside of any node_modules
 * (which Vite does not watch); the package is packed and installed beside them.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, run } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'vitest-5-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
writeFileSync(join(home, 'package.json'), '{ "name": "vitest-5", "private": true, "type": "module" }')

const pack = await run('npm', ['pack', '--pack-destination', home], { cwd: root })
must(pack.code === 0, 'the package can be packed', pack.output)
const tarball = readdirSync(home).find(name => name.endsWith('.tgz'))
const install = await run('npm', ['i', '--no-audit', '--no-fund', 'node@24', 'vitest@5', `./${tarball}`], { cwd: home })
must(install.code === 0, 'Node 24, Vitest 5 and the package can be installed', install.output)

const node = join(home, 'node_modules/node/bin/node')
const versions = await run(node, [join(home, 'node_modules/vitest/vitest.mjs'), '--version'], { cwd: home })
console.log(`      ${versions.output.trim()}`)
const suites = await run('npx', ['vitest', 'run', 'test/plugin/suites', 'test/verdicts/nothing-ran.test.ts'], {
  cwd: root,
  env: { SUITES_HOME: home, SUITES_NODE: node },
  timeout: 1_200_000,
})
console.log(suites.output.split('\n').slice(-8).join('\n'))
must(suites.code === 0, 'the suites pass', suites.output)
