/*
 * `npm run compat`: the packed package in fresh projects, on the oldest and the newest Vitest of each major that it
 * takes, in every pool, and as other package managers and TypeScript see it. Prints a table; exits 1 when a cell is
 * red. Words behind `--` choose rows by their names: `npm run compat -- 4.1.0 types`. Everything comes from the npm
 * registry.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, run } from '../run.mjs'
import { TESTS, writeProject } from './project.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'compat-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
const chosen = process.argv.slice(2)
const rows = []

const pack = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: root })
must(pack.code === 0, 'the package can be packed', pack.output)
const tarball = join(home, JSON.parse(pack.output.slice(pack.output.indexOf('[\n')))[0].filename)

/** Flags and settings of one row each; all of them run every test once. */
const ways = [
  { name: 'forks', flags: ['--pool=forks'] },
  { name: 'threads', flags: ['--pool=threads'] },
  { name: 'vmThreads', flags: ['--pool=vmThreads'] },
  { name: 'isolate: false', flags: ['--no-isolate'] },
  { name: 'jsdom', flags: ['--environment=jsdom'], env: { COMPAT_DOM: '1' } },
  { name: 'projects', test: "projects: [{ extends: true, test: { name: 'only' } }]" },
  { name: 'two shards', shards: 2 },
]

/** Versions of Vitest, with those of Node.js that it takes: on the first of them it runs in every way, on others in two. */
const VITESTS = [
  ['4.1.0', ['20.19', '22', '24', '26']],
  ['4', ['20.19', '22', '24', '26']],
  ['5.0.0', ['24', '22', '26']],
  ['5', ['24', '22', '26']],
]
for (const [vitest, nodes] of VITESTS) {
  const wanted = nodes.flatMap((node, i) =>
    ways
      .slice(0, i === 0 ? undefined : 2)
      .flatMap(way => (isChosen(vitest, way.name, `node ${node}`) ? [{ node, way }] : [])),
  )
  if (wanted.length === 0) continue
  const folder = join(home, `vitest-${vitest}`)
  mkdirSync(folder)
  writeProject(folder)
  const packages = [tarball, `vitest@${vitest}`, 'jsdom@26']
  const install = await run('npm', ['i', '-D', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    timeout: 300_000,
  })
  if (install.code !== 0) {
    row(`vitest ${vitest}`, 'install', false, install.output)
    continue
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/vitest/package.json'), 'utf8'))
  for (const { node, way } of wanted) {
    const bin = await nodeOf(node)
    if (bin !== undefined) await runWay(folder, bin, `vitest ${version}, node ${node}`, way)
  }
}

for (const [name, install, command] of [
  ['pnpm, strict', ['npx', '-y', 'pnpm@10', 'i', '--ignore-scripts'], ['npx', '-y', 'pnpm@10', 'exec', 'vitest']],
  ['Yarn PnP', ['node', 'yarn.cjs', 'install'], ['node', 'yarn.cjs', 'vitest']],
]) {
  if (isChosen(name)) await otherManager(name, install, command)
}

if (isChosen('commonjs')) {
  const folder = join(home, 'commonjs')
  mkdirSync(folder)
  writeProject(folder, { type: 'commonjs' })
  const install = await run('npm', ['i', '-D', '--no-audit', '--no-fund', tarball, 'vitest@4'], { cwd: folder })
  if (install.code === 0) await runWay(folder, process.execPath, 'commonjs', { name: 'suite and load' })
  else row('commonjs', 'install', false, install.output)
  const resolved = await run('node', ['-e', "console.log(require.resolve('vitest-arazzo/engine'))"], { cwd: folder })
  row('commonjs', "require.resolve('vitest-arazzo/engine')", resolved.code === 0, resolved.output)
}

for (const typescript of ['5.9', 'latest']) {
  if (!isChosen('types', typescript)) continue
  const folder = join(home, `types-${typescript}`)
  mkdirSync(folder)
  writeProject(folder)
  const packages = [tarball, 'vitest@4', `typescript@${typescript}`, '@types/node@20']
  const install = await run('npm', ['i', '-D', '--no-audit', '--no-fund', ...packages], { cwd: folder })
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/typescript/package.json'), 'utf8'))
  for (const [module, resolution] of [
    ['preserve', 'bundler'],
    ['nodenext', 'nodenext'],
  ]) {
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution]
    const types = ['--types', 'node', 'types.ts']
    const checked =
      install.code === 0
        ? await run('node', ['node_modules/typescript/bin/tsc', ...flags, ...types], { cwd: folder })
        : install
    row(`types, TypeScript ${version}`, resolution, checked.code === 0, checked.output)
  }
}

console.log('')
console.log('| where | how | result |\n| --- | --- | --- |')
for (const { where, how, isGreen } of rows) console.log(`| ${where} | ${how} | ${isGreen ? 'passed' : 'FAILED'} |`)
const red = rows.filter(({ isGreen }) => !isGreen).length
console.log(`\n${rows.length - red} passed, ${red} failed`)
process.exitCode = red > 0 || rows.length === 0 ? 1 : 0

/**
 * The program of a version of Node.js, from npm. Undefined, with a red row, if it cannot be installed.
 * @param {string} version
 */
async function nodeOf(version) {
  const folder = join(home, `node-${version}`)
  const bin = join(folder, 'node_modules/node/bin/node')
  if (existsSync(bin)) return bin
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  const install = await run('npm', ['i', '--no-audit', '--no-fund', `node@${version}`], {
    cwd: folder,
    timeout: 300_000,
  })
  if (install.code === 0 && existsSync(bin)) return bin
  row(`node ${version}`, 'install', false, install.output)
  return undefined
}

/** @param {string[]} names */
function isChosen(...names) {
  return chosen.length === 0 || chosen.some(word => names.some(name => name.includes(word)))
}

/**
 * @param {string} where
 * @param {string} how
 * @param {boolean} isGreen
 * @param {string} output
 */
function row(where, how, isGreen, output) {
  rows.push({ where, how, isGreen })
  console.log(`${isGreen ? 'ok   ' : 'FAIL '} ${where}: ${how}`)
  if (!isGreen) console.log(output.split('\n').slice(-60).join('\n'))
}

/**
 * Runs Vitest, once for each shard, and counts what passed by its JSON.
 * @param {string} folder
 * @param {string} bin
 * @param {string} where
 * @param {{ name: string, flags?: string[], env?: Record<string, string>, test?: string, shards?: number }} way
 */
async function runWay(folder, bin, where, { name, flags = [], env = {}, test, shards = 1 }) {
  writeProject(folder, { test })
  let passed = 0
  let output = ''
  let isGreen = true
  for (let shard = 1; shard <= shards; shard++) {
    const part = shards > 1 ? [`--shard=${shard}/${shards}`] : []
    const args = ['run', '--reporter=default', '--reporter=json', '--outputFile.json=out.json', ...flags, ...part]
    const ran = await run(bin, ['node_modules/vitest/vitest.mjs', ...args], {
      cwd: folder,
      env: { CI: 'true', ...env },
    })
    output += ran.output
    isGreen &&= ran.code === 0
    passed += passedIn(join(folder, 'out.json'))
  }
  row(where, name, isGreen && passed === TESTS, `${output}\n${passed} of ${TESTS} tests passed`)
}

/** @param {string} file */
function passedIn(file) {
  if (!existsSync(file)) return 0
  const { numPassedTests } = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(file)
  return numPassedTests
}

/**
 * @param {string} name
 * @param {string[]} install
 * @param {string[]} command
 */
async function otherManager(name, install, command) {
  const folder = join(home, name.replace(/\W+/g, '-'))
  mkdirSync(folder)
  // Vite 8.4.0 has an optional dependency that is not in every registry; Yarn, other than npm, wants it all the same.
  const resolutions = { vite: '~8.3.0' }
  writeProject(folder, { dependencies: { 'vitest-arazzo': `file:${tarball}`, vitest: '^4.1.0' }, resolutions })
  if (name.startsWith('Yarn')) {
    const yarn = await run('npm', ['pack', '@yarnpkg/cli-dist@4', '--pack-destination', home], { cwd: home })
    const found = await run(
      'sh',
      ['-c', `tar -xzf yarnpkg-cli-dist-*.tgz && cp package/bin/yarn.js '${folder}/yarn.cjs'`],
      { cwd: home },
    )
    if (yarn.code !== 0 || found.code !== 0) return row(name, 'install', false, yarn.output + found.output)
  }
  const [bin, ...args] = install
  const env = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false', YARN_ENABLE_TELEMETRY: '0', CI: '' }
  const installed = await run(bin, args, { cwd: folder, env, timeout: 300_000 })
  if (installed.code !== 0) return row(name, 'install', false, installed.output)
  const [runner, ...words] = command
  const args2 = ['run', '--reporter=default', '--reporter=json', '--outputFile.json=out.json']
  const ran = await run(runner, [...words, ...args2], { cwd: folder, env: { CI: 'true' } })
  const passed = passedIn(join(folder, 'out.json'))
  row(name, 'suite and load', ran.code === 0 && passed === TESTS, `${ran.output}\n${passed} of ${TESTS} tests passed`)
}
