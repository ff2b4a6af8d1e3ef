/*
 * What a stranger does: installs the packed package into an empty folder, copies the README's first example,
 * runs it, breaks it, and reads the failure. Before that, publint and are-the-types-wrong look at the tarball.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectBlocks, projectFiles } from './readme.mjs'
import { must, run } from './run.mjs'

/** Loaded by path, never imported by users: without types. */
const internal = ['runtime', 'setup', 'global-setup', 'node-probe']
const VITEST = '4.1.12'
const root = fileURLToPath(new URL('..', import.meta.url))
const readme = join(root, 'README.md')
const bin = join(root, 'node_modules/.bin')
const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
must(packed.code === 0, 'npm pack', packed.output)
const { filename, size, files: listed } = JSON.parse(packed.output.slice(packed.output.indexOf('[\n')))[0]
const tarball = join(folder, filename)
const strays = listed.filter(
  ({ path }) =>
    !/^(dist\/|schemas\/|grafana\/|docs\/|examples\/|action\/|action\.yml$|package\.json$|README\.md$|CHANGELOG\.md$|SECURITY\.md$|THIRD-PARTY\.md$|LICENSE$)/.test(
      path,
    ),
)
must(
  strays.length === 0,
  `the tarball holds ${listed.length} files, ${Math.round(size / 1000)} kB`,
  JSON.stringify(strays),
)

const publint = await run(join(bin, 'publint'), ['run', '--strict', tarball], { cwd: root })
must(publint.code === 0, 'publint', publint.output)
const attw = await run(join(bin, 'attw'), [tarball, '--profile', 'esm-only', '--exclude-entrypoints', ...internal], {
  cwd: root,
})
must(attw.code === 0, 'are the types wrong? no', attw.output)

const project = join(folder, 'project')
mkdirSync(project)
// Of npm's own making: its newer versions write "type": "commonjs".
const made = await run('npm', ['init', '-y', '--init-type=commonjs'], { cwd: project })
must(made.code === 0, 'npm init', made.output)
const installed = await run('npm', ['install', '--no-audit', '--no-fund', '-D', tarball, `vitest@${VITEST}`], {
  cwd: project,
})
must(installed.code === 0, `installs beside vitest ${VITEST} in an empty folder`, installed.output)

const example = firstExample()
for (const { file, text } of example) write(file, text)
const green = await vitest()
must(green.code === 0 && /Tests {2}\d+ passed/.test(green.output), "the README's first example passes", green.output)

const broken = example.find(({ file }) => file.endsWith('.arazzo.yaml'))
must(broken?.text.includes("== 'available'") === true, 'the example has an expectation to break')
write(String(broken?.file), String(broken?.text).replace("== 'available'", "== 'sold'"))
const red = await vitest()
must(red.code === 1, 'with a broken expectation it fails', red.output)
const frame = frameOf(red.output)
must(frame.length > 0, 'the failure shows the YAML with a caret under the condition', red.output)
const shown = projectBlocks(root).some(block => frame.every(line => block.includes(line)))
must(shown, 'the README shows that very frame', frame.join('\n'))
console.log(`\n${frame.join('\n')}`)

const load = projectFiles(root).find(({ file }) => file.includes('.load.test.'))
write(String(broken?.file), String(broken?.text))
write(String(load?.file), String(load?.text))
const loaded = await vitest(String(load?.file))
const wrong = loaded.output.match(/^\w*Error: .*$/gm)?.filter(error => !error.startsWith('InconclusiveError')) ?? []
must(
  /^ (?: [?]|Load tests) .*budgets? /m.test(loaded.output) && wrong.length === 0,
  "the README's load test runs",
  loaded.output,
)

const validated = await run(join(project, 'node_modules/.bin/vitest-arazzo'), ['validate'], { cwd: project })
must(
  validated.code === 0 && validated.output.includes('1 document, 0 errors'),
  'its command line accepts the document',
  validated.output,
)

const copy = join(project, 'example')
const written = await run(join(project, 'node_modules/.bin/vitest-arazzo'), ['init', '--example', '--output', copy])
must(
  written.code === 0 && projectFiles(root).every(({ file, text }) => readFileSync(join(copy, file), 'utf8') === text),
  "it writes the README's project without the repository",
  written.output,
)

/** @param {string[]} only files to run */
function vitest(...only) {
  return run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...only], {
    cwd: project,
    env: { CI: 'true' },
  })
}

/** The README's files up to the first one that comes twice or is a test file. */
function firstExample() {
  const all = projectFiles(root)
  const end = all.findIndex(({ file }, n) => /\.test\.[jt]s$/.test(file) || all.findIndex(f => f.file === file) < n)
  return end < 0 ? all : all.slice(0, end)
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(dirname(join(project, file)), { recursive: true })
  writeFileSync(join(project, file), text)
}

/**
 * The line of the broken condition and the line with the caret under it, from Vitest's code frame.
 * @param {string} output
 */
function frameOf(output) {
  const lines = output.split('\n')
  const caret = lines.findIndex((line, n) => /^\s+\|\s+\^$/.test(line) && lines[n - 1]?.includes("== 'sold'"))
  return caret < 0 ? [] : lines.slice(caret - 1, caret + 1).map(line => line.trimEnd())
}

must(readFileSync(readme, 'utf8').split('\n').length <= 131, 'the README is not the manual')
