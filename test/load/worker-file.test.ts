import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { workerFile } from '../../src/load/run/worker-file.ts'
import { freshFolder } from '../builders/folder.ts'

const root = freshFolder('load-worker')
mkdirSync(join(root, 'src', 'load'), { recursive: true })
mkdirSync(join(root, 'dist'))
writeFileSync(join(root, 'package.json'), '{}')
const source = pathToFileURL(join(root, 'src', 'load', 'worker-file.ts')).href
const chunk = pathToFileURL(join(root, 'dist', 'chunk-ABC.js')).href
const built = join(root, 'dist', 'load-worker.js')

test('a package that is not built says so', () => {
  expect(() => workerFile(source)).toThrow(
    `Failed to start load threads: ${built} does not exist. Build the package first: npm run build.`,
  )
})

test('it lies beside the built module, and in dist for the sources', () => {
  writeFileSync(built, '')
  expect(workerFile(chunk)).toBe(built)
  expect(workerFile(source)).toBe(built)
})
