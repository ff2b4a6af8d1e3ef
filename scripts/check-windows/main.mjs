/*
 * Runs the package on Node for Windows, under Wine: `npm run check:windows`. The README's project first, with the
 * package as it is published, then the project's own tests of the folders below. All that it installs is in a temporary
 * folder, which later runs use again. Arguments choose: `-- project test/expression`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, run } from '../run.mjs'
import { checkProject } from './project.mjs'
import { FOR_WINDOWS, prepareWine } from './wine.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = join(tmpdir(), `vitest-arazzo-windows-${process.getuid()}`)
const own = ['expression', 'document', 'conformance', 'budget', 'report', 'workflow', 'http', 'load', 'plugin/suites']
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['project', ...own.map(name => `test/${name}`)]
const folders = wanted.filter(name => name !== 'project')

mkdirSync(home, { recursive: true })
const wine = await prepareWine(home)
/** @type {{ what: string, passed: number, failed: number, skipped: number }[]} */
const rows = []

if (wanted.includes('project')) await checkProject(root, await installedProject(), wine, noteCheck)
const checkout = folders.length > 0 ? await copiedCheckout() : ''
for (const folder of folders) await runTests(folder)

const columns = ['passed', 'failed', 'skipped']
const widest = Math.max(...rows.map(({ what }) => what.length))
console.log(`\n${' '.repeat(widest)}  ${columns.join('  ')}`)
for (const row of rows)
  console.log(`${row.what.padEnd(widest)}  ${columns.map(name => String(row[name]).padStart(name.length)).join('  ')}`)
process.exitCode = rows.some(({ failed }) => failed > 0) ? 1 : 0

function noteCheck(what, faults, output) {
  const isGood = faults.length === 0
  rows.push({ what, passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 })
  console.log(isGood ? `ok    ${what}` : `${output}\nFAIL  ${what}: ${faults.join('; ')}`)
}

/** A project of its own, with the package from its tarball. */
async function installedProject() {
  const folder = join(home, 'project')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const packed = await run('npm', ['pack', '--pack-destination', folder], { cwd: root })
  must(packed.code === 0, 'the package can be packed', packed.output)
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "pets", "private": true, "type": "module" }')
  await install(['install', 'vitest@4', `./${tarball}`], folder)
  return folder
}

/** The files that git knows, as they are now, with bindings for Windows and the built package. */
async function copiedCheckout() {
  const folder = join(home, 'checkout')
  const lock = join(folder, 'package-lock.json')
  const isInstalled =
    existsSync(join(folder, 'node_modules/.package-lock.json')) &&
    readFileSync(lock, 'utf8') === readFileSync(join(root, 'package-lock.json'), 'utf8')
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder))
    if (name !== 'node_modules') rmSync(join(folder, name), { recursive: true, force: true })
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  must(listed.code === 0, 'the files of the checkout are known', listed.output)
  for (const file of listed.output.split('\0').filter(name => existsSync(join(root, name)) && name !== ''))
    if (!file.startsWith('node_modules')) cpSync(join(root, file), join(folder, file))
  if (!isInstalled) await install(['ci'], folder)
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  return folder
}

async function install(args, cwd) {
  const installed = await run('npm', [...args, ...FOR_WINDOWS], { cwd, timeout: 900_000 })
  must(installed.code === 0, `npm ${args.join(' ')} for Windows`, installed.output)
}

/** Runs the tests of a folder, and names files with failures. */
async function runTests(folder) {
  const file = `windows-${folder.replaceAll('/', '-')}.json`
  const report = join(checkout, file)
  rmSync(report, { force: true })
  const args = ['node_modules/vitest/vitest.mjs', 'run', folder, '--reporter=json', `--outputFile=${file}`]
  const { output } = await wine.run(args, { cwd: checkout, timeout: 3_600_000 })
  const ran = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  if (!(ran?.numTotalTests > 0)) return noteCheck(folder, ['no test ran'], output)
  const broken = ran.testResults.filter(({ status }) => status === 'failed')
  for (const { name, message, assertionResults } of broken) {
    const tests = assertionResults.filter(({ status }) => status === 'failed')
    const reasons = tests.map(({ fullName, failureMessages: [first] }) => `${fullName}: ${first}`)
    for (const reason of reasons.length > 0 ? reasons : [message])
      console.log(`FAIL  ${name.slice(name.indexOf('/test/') + 1)}: ${reason.split('\n', 1)[0]}`)
  }
  // A file that cannot be imported has no test that failed.
  const failed = Math.max(ran.numFailedTests, broken.length, ran.success ? 0 : 1)
  const skipped = ran.numPendingTests + ran.numTodoTests
  rows.push({ what: folder, passed: ran.numPassedTests, failed, skipped })
}
