import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { writeResult } from '../../src/report/files.ts'
import { assertOwnFolder, writeTogether, writeWhole } from '../../src/report/own-folder.ts'
import { type LoadResult, parseResult } from '../../src/report/result.ts'
import { freshFolder } from '../builders/folder.ts'
import { aReport } from '../builders/report.ts'
import { isWindows } from '../builders/system.ts'
import { amount } from '../builders/thorough.ts'

const scratch = () => join(freshFolder('reports'), '.vitest-arazzo')
const result = (over: Partial<LoadResult> = {}): LoadResult => ({
  name: 'Checkout, at peak!',
  file: '/p/shop.load.test.ts',
  report: aReport(),
  ...over,
})
const at = (startedAt: string) => result({ report: aReport({ startedAt }) })

test('a page, a result and a summary, in a folder that has the name of the load test and that git ignores', () => {
  const folder = scratch()
  const files = writeResult(result(), { folder, metrics: 'vus 1\n' })
  expect(files.folder).toMatch(/\.vitest-arazzo[\\/]checkout-at-peak-[0-9a-f]{8}$/)
  expect(readdirSync(files.folder).sort()).toEqual(['metrics.prom', 'report.html', 'result.json', 'summary.md'])
  expect(readFileSync(files.metrics!, 'utf8')).toBe('vus 1\n')
  expect(readFileSync(files.html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Checkout, at peak!/)
  expect(readFileSync(files.markdown, 'utf8')).toContain('Checkout, at peak!')
  const { file, report } = parseResult(readFileSync(files.json, 'utf8'), files.json)
  expect([resolve(file), report.requests]).toEqual([resolve(result().file), result().report.requests])
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^#.*\n\*\n$/)
})

test('the next run takes the place of the last; as many earlier ones are kept as asked for, by default one', () => {
  const folder = scratch()
  const { folder: own } = writeResult(at('2026-03-01T12:00:00.000Z'), { folder, keep: 2 })
  for (const day of [2, 3, 4]) writeResult(at(`2026-03-0${day}T12:00:00.000Z`), { folder, keep: 2 })
  expect(readdirSync(join(own, 'earlier')).sort()).toEqual(['2026-03-02T12-00-00-000Z', '2026-03-03T12-00-00-000Z'])
  expect(readdirSync(join(own, 'earlier', '2026-03-03T12-00-00-000Z')).sort()).toEqual([
    'report.html',
    'result.json',
    'summary.md',
  ])
  writeResult(at('2026-03-05T12:00:00.000Z'), { folder })
  expect(readdirSync(join(own, 'earlier'))).toEqual(['2026-03-04T12-00-00-000Z'])
  writeResult(at('2026-03-06T12:00:00.000Z'), { folder, keep: 0 })
  expect(existsSync(join(own, 'earlier'))).toBe(false)
})

const long = 'the same name, and the same again, and so on, for eighty characters and a few more'
const owners = [
  ...[{}, { file: '/p/cart.load.test.ts' }, { project: 'node' }, { test: 'buying > Checkout, at peak!' }],
  ...[{ name: 'p99 < 50 ms' }, { name: 'p99 > 50 ms' }, { name: `${long} a` }, { name: `${long} b` }],
  ...[{ name: '!' }, { name: '?' }, { name: '../../etc' }, { name: 'etc' }, { name: 'Größe' }, { name: 'größe' }],
]

test('load tests do not overwrite one another, however alike their names are', () => {
  const folder = scratch()
  const written = owners.map(owner => writeResult(result(owner), { folder }).folder)
  expect(new Set(written).size).toBe(owners.length)
  expect(owners.map(owner => writeResult(result(owner), { folder }).folder)).toEqual(written)
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', ...written.map(path => basename(path))].sort())
})

test('the folder of a load test is the same wherever the project lies', () => {
  const inProject = (root: string) =>
    basename(writeResult(result({ file: join(root, 'a/b.test.ts') }), { folder: join(root, '.vitest-arazzo') }).folder)
  expect(inProject(freshFolder('here'))).toBe(inProject(freshFolder('there')))
})

test.each([
  ['', /^load-[0-9a-f]{8}$/],
  ['../../etc', /^etc-[0-9a-f]{8}$/],
  ['Größe 大', /^große-大-[0-9a-f]{8}$/],
  ['🎈大'.repeat(40), /^大(-大){29}-[0-9a-f]{8}$/],
])('the name %j becomes %j', (name, expected) => {
  expect(basename(writeResult(result({ name }), { folder: scratch() }).folder)).toMatch(expected)
})

test('a folder that holds the project, or files of others, is refused and nothing in it changed', ({ skip }) => {
  const root = freshFolder('project')
  mkdirSync(join(root, 'src/earlier'), { recursive: true })
  writeFileSync(join(root, 'src/earlier/mine.ts'), '')
  symlinkSync(root, join(root, 'link'))
  skip(!existsSync(join(root, 'link')), 'links need rights here')
  for (const folder of [root, join(root, '..'), '/', join(root, 'link'), join(root, 'src')])
    expect(() => writeResult(result({ name: 'src' }), { folder, root })).toThrow(
      /^Failed to write reports to .*: it (holds the project|holds files of others \(earlier\))\. Name a folder/,
    )
  writeFileSync(join(root, 'file'), '')
  expect(() => assertOwnFolder(join(root, 'file'), root)).toThrow(/it is not a folder/)
  expect(readdirSync(root).sort()).toEqual(['file', 'link', 'src'])
  expect(readdirSync(join(root, 'src/earlier'))).toEqual(['mine.ts'])
})

test('of a folder that is its own only what it made is removed', () => {
  const folder = join(freshFolder('reports'), 'reports')
  const root = tmpdir()
  const { folder: own } = writeResult(result(), { folder, root, keep: 1 })
  writeResult(result(), { folder, root, keep: 1 })
  const earlier = join(own, 'earlier')
  const [kept] = readdirSync(earlier)
  writeFileSync(join(earlier, kept!, 'notes.md'), 'mine')
  mkdirSync(join(earlier, 'before-the-change'))
  writeFileSync(join(earlier, 'before-the-change', 'result.json'), 'mine')
  writeResult(result(), { folder, root, keep: 0 })
  expect(readdirSync(earlier).sort()).toEqual([kept, 'before-the-change'])
  expect(readdirSync(join(earlier, kept!))).toEqual(['notes.md'])
  expect(readdirSync(join(earlier, 'before-the-change'))).toEqual(['result.json'])
})

const writer = `
  import { writeResult } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/report/files.ts'))}
  const [, , name, folder, at, report, times] = process.argv
  process.stdin.once('data', () => {
    for (let n = 0; n < Number(times); n++)
      writeResult(
        { name: 'one', file: '/p/a.ts', report: { ...JSON.parse(report), startedAt: at } },
        { folder, keep: 1000, metrics: name },
      )
    process.exit()
  })
  console.log('ready')
`

test('runs that end at once keep one another whole, and none is lost', async ({ skip }) => {
  skip(isWindows, 'npm gives programs another form there')
  const folder = scratch()
  const home = freshFolder('writer')
  cpSync('dist/report-client.js', join(home, 'dist/report-client.js'))
  symlinkSync(resolve('node_modules'), join(home, 'node_modules'))
  const program = join(home, 'writer.mjs')
  const bundle = ['--bundle', '--platform=node', '--format=esm', `--outfile=${program}`]
  execFileSync(join('node_modules', '.bin', 'esbuild'), bundle, { input: writer, stdio: 'pipe' })
  const times = amount(6, 10)
  const at = ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.000Z', '2026-03-02T12:00:00.000Z']
  const children = at.map((time, number) => {
    const args = [`writer-${number}`, folder, time, JSON.stringify(aReport()), `${times}`]
    return spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  })
  await Promise.all(children.map(child => once(child.stdout, 'data')))
  for (const child of children) child.stdin.end('go')
  const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0])
  const [own] = readdirSync(folder).filter(name => name.startsWith('one-'))
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', own])
  const runs = readdirSync(join(folder, own!, 'earlier')).map(name => join(folder, own!, 'earlier', name))
  expect(runs).toHaveLength(3 * times - 1)
  for (const run of [...runs, join(folder, own!)]) {
    const writer = readFileSync(join(run, 'metrics.prom'), 'utf8')
    const { report } = parseResult(readFileSync(join(run, 'result.json'), 'utf8'), run)
    expect(report.startedAt, run).toBe(at[Number(writer.at(-1))])
    expect(statSync(join(run, 'report.html')).size).toBeGreaterThan(1_000)
  }
})

test('the lock of a run that was killed is taken over', () => {
  const folder = scratch()
  const { folder: own } = writeResult(result(), { folder })
  // No process has the highest number that there is.
  writeFileSync(`${own}.lock`, String(2 ** 22 + 1))
  writeResult(result(), { folder })
  expect(existsSync(`${own}.lock`)).toBe(false)
})

test('a file that cannot be written leaves nothing half-written', () => {
  const folder = freshFolder('whole')
  expect(() => writeWhole(join(folder, 'missing', 'a'), 'text')).toThrow(/ENOENT/)
  expect(readdirSync(folder)).toEqual([])
  writeWhole(join(folder, 'a'), 'of the last run')
  const two = ['a', 'missing/b'].map(name => [join(folder, name), 'of this run'] as const)
  expect(() => writeTogether(two)).toThrow(/ENOENT/)
  expect(readdirSync(folder)).toEqual(['a'])
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('of the last run')
})
