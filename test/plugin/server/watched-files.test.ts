import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { watchedFiles } from '../../../plugin/server/watched-files.ts'
import { freshFolder } from '../../builders/folder.ts'
import { readServerOptions } from './read-options.ts'

const url = 'http://127.0.0.1:{port}/'

/** A package whose path has what globs take for their own. */
function packageWith(manifest: object): string {
  const folder = join(freshFolder('watched'), '(shop) [v1]')
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}

function watchedBy(folder: string, options: object, paths: string[]): string[] {
  const watched = watchedFiles(readServerOptions({ command: 'node src/server.js', url, ...options }, folder))
  return paths.filter(path => watched.has(join(folder, path)))
}

const sources = ['src/server.js', 'package.json', '.env', 'src/nested/views/page.html', 'README.md']
const others = [
  ...['node_modules/x/index.js', 'src/node_modules/x/index.js', '.git/HEAD', '.vitest-arazzo/a/report.html'],
  ...['coverage/lcov.info', 'src/a.test.ts', 'src/shop.arazzo.yaml', 'vitest.config.ts', 'app.log', 'db.sqlite-wal'],
  ...['../other/src/a.js', 'dist/server.js', 'packages/api/dist/server.js', 'build/server.js'],
]

test('by default the package of the command, without what is no source of it', () => {
  const folder = packageWith({})
  expect(watchedBy(folder, {}, [...sources, ...others])).toEqual(sources)
  expect(watchedBy(folder, { cwd: 'src' }, [...sources, ...others])).toEqual(sources)
  expect(watchedFiles(readServerOptions({ command: 'a', url, cwd: 'src' }, folder)).folders).toEqual([folder])
})

test('dist only if the command runs from there, itself or by a script', () => {
  const dist = ['dist/server.js', 'build/server.js', 'dist/node_modules/x.js']
  const scripts = { start: 'npm run serve', serve: 'node ./dist/server.js' }
  expect(watchedBy(packageWith({}), { command: 'node dist/server.js' }, dist)).toEqual(['dist/server.js'])
  expect(watchedBy(packageWith({ scripts }), { command: 'npm start' }, dist)).toEqual(['dist/server.js'])
  expect(watchedBy(packageWith({ main: 'build/server.js' }), { command: 'node .' }, dist)).toEqual(['build/server.js'])
  expect(watchedBy(packageWith({ scripts: {} }), { command: 'npm start' }, dist)).toEqual([])
  expect(watchedBy(packageWith({}), { command: 'node src/redistribute/a.js' }, dist)).toEqual([])
})

test('globs are relative to the root, name folders too, and leave out with `!`', () => {
  const folder = packageWith({})
  const options = { watch: ['src', '../other/**/*.js', '!src/nested/**'], cwd: 'elsewhere' }
  expect(watchedBy(folder, options, [...sources, ...others])).toEqual([
    ...['src/server.js', 'src/a.test.ts', 'src/shop.arazzo.yaml', '../other/src/a.js'],
  ])
  expect(watchedFiles(readServerOptions({ command: 'a', url, ...options }, folder)).folders).toEqual([
    ...[join(folder, 'src'), join(folder, '../other')],
  ])
})

test('what editors write beside a file that is open or saved is none of it', () => {
  const folder = packageWith({})
  const temporary = [
    ...['src/4913', 'src/.server.js.swp', 'src/.server.js.swx', 'src/server.js~', 'src/.#server.js', 'src/#server.js#'],
    ...[
      'src/server.js___jb_tmp___',
      'src/server.js___jb_old___',
      'src/.goutputstream-X8QK12',
      'src/.server.js.kate-swp',
    ],
    ...['src/.subl5f2.tmp'],
  ]
  expect(watchedBy(folder, {}, [...temporary, 'src/server.js'])).toEqual(['src/server.js'])
  expect(watchedBy(folder, { watch: ['src'] }, [...temporary, 'src/server.js'])).toEqual(['src/server.js'])
})

test('false is none', () => {
  expect(watchedBy(packageWith({}), { watch: false }, [...sources, ...others])).toEqual([])
})
