/*
 * `npm run applications`: the packed package in repositories of real applications, each in a temporary folder: their
 * suites, their load with budgets on memory and CPU, in watch mode while the application changes, shuffled, in shards
 * that are merged, with coverage. Prints a table; exits 1 when a cell is red or nothing ran. Words behind `--` choose
 * applications and ways by their names: `npm run applications -- json-server watch`. Most are the text of a page of
 * docs/recipes. Others were not made for this package; three runs of each have to fail, since one request in 40 gets no
 * response, a reset connection or a page in the place of its data. The applications come from the npm registry, from
 * Maven's, and from Debian; Python with FastAPI, Maven, Go and the programs of Debian have to be there, and what is
 * missing is named.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must, run } from '../run.mjs'
import { projects as others, write } from './projects.mjs'
import { recipes } from './recipes.mjs'
import { debian } from './unmet/debian.mjs'
import { npm } from './unmet/npm.mjs'
import { ways } from './ways.mjs'

const VITEST = '4.1.12'
const WHOLE = ['suite and load', 'shuffle', 'two shards, merged', 'coverage', 'watch']
const projects = [...recipes, ...others, ...npm, ...debian]
const root = fileURLToPath(new URL('../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'applications-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
const words = process.argv.slice(2).map(word => word.toLowerCase())
/** @param {readonly string[]} names @returns {(name: string) => boolean} */
const chosenOf = names => {
  const some = words.filter(word => names.some(name => name.toLowerCase().includes(word)))
  return name => some.length === 0 || some.some(word => name.toLowerCase().includes(word))
}
const isProject = chosenOf(projects.map(({ name }) => name))
const isWay = chosenOf(Object.keys(ways))
const unknown = words.filter(
  word => ![...projects.map(({ name }) => name), ...Object.keys(ways)].some(name => name.toLowerCase().includes(word)),
)
must(unknown.length === 0, `each word names an application or a way`, unknown.join(', '))

const pack = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: root })
must(pack.code === 0, 'the package can be packed', pack.output)
const tarball = join(home, JSON.parse(pack.output.slice(pack.output.indexOf('[\n')))[0].filename)

/** @type {{ application: string, way: string, result: 'passed' | 'FAILED' | 'not run', seconds: number }[]} */
const rows = []
for (const project of projects.filter(({ name }) => isProject(name))) {
  const folder = join(home, project.name.replace(/\W+/g, '-'))
  mkdirSync(folder)
  write(folder, project.files)
  const packages = [tarball, `vitest@${VITEST}`, `@vitest/coverage-v8@${VITEST}`, ...project.packages]
  const began = performance.now()
  const installed = await run('npm', ['install', '-D', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    env: project.env ?? {},
    timeout: 2_400_000,
  })
  row(project.name, 'install', installed.code === 0 ? 'passed' : 'FAILED', began, installed.output)
  if (installed.code !== 0) continue
  for (const [to, from] of Object.entries(project.copied ?? {})) copyFileSync(join(folder, from), join(folder, to))
  const missing = await project.prepare?.(folder)
  if (missing !== undefined) {
    row(project.name, 'all', 'not run', performance.now(), missing)
    continue
  }
  for (const [way, go] of Object.entries(ways)) {
    if (!isWay(way) || !(project.ways ?? WHOLE).includes(way)) continue
    const began = performance.now()
    const { isGreen, output, note } = await go(folder, project)
    row(project.name, way, isGreen ? 'passed' : 'FAILED', began, output)
    if (note !== undefined) console.log(`        ${note}`)
  }
}

console.log('\n| application | how | result | seconds |\n| --- | --- | --- | ---: |')
for (const { application, way, result, seconds } of rows)
  console.log(`| ${application} | ${way} | ${result} | ${seconds.toFixed(0)} |`)
const count = result => rows.filter(row => row.result === result).length
console.log(`\n${count('passed')} passed, ${count('FAILED')} failed, ${count('not run')} not run`)
process.exitCode = count('FAILED') > 0 || count('not run') > 0 || rows.length === 0 ? 1 : 0

/**
 * @param {string} application @param {string} way @param {'passed' | 'FAILED' | 'not run'} result
 * @param {number} began @param {string} output
 */
function row(application, way, result, began, output) {
  rows.push({ application, way, result, seconds: (performance.now() - began) / 1_000 })
  console.log(`${result.padEnd(7)} ${application}: ${way}`)
  if (result !== 'passed') console.log(output.split('\n').slice(-80).join('\n'))
}
