import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { traitsOf } from '../../../plugin/compare/sides.ts'
import { differencesBetween } from '../../../src/compare/differences.ts'
import { project } from '../../builders/project.ts'

const files = {
  '.git/HEAD': '',
  'package-lock.json': '{}',
  'src/tsconfig.build.json': '{}',
  'src/server.js': 'code',
  'src/.env.example': '# of all\nexport TOKEN=secret\nURL=x\n',
  'src/package.json': JSON.stringify({ scripts: { build: 'tsc', test: 'vitest' } }),
}

test('a folder has lock files and what says how to build, up to the top of its repository', async () => {
  const folder = project({ ...files, 'src/sub/.keep': '' })
  const { scripts, files: found, ...process } = await traitsOf(undefined, `${folder}/src`)
  expect(process).toEqual({})
  expect(scripts).toEqual({ build: 'tsc' })
  expect(found).toEqual({
    'package-lock.json': expect.stringMatching(/^[0-9a-f]{7}$/),
    'tsconfig.build.json': expect.stringMatching(/^[0-9a-f]{7}$/),
    // Values are secrets.
    '.env.example': 'TOKEN, URL',
  })
  const other = project({ ...files, 'package-lock.json': '{ }' })
  const changed = differencesBetween(await traitsOf(undefined, folder), await traitsOf(undefined, other))
  expect(changed.map(({ what }) => what)).toEqual(['package-lock.json'])
})

test.runIf(process.platform === 'linux')('a process has a version, flags and names of variables', async () => {
  const env = { PATH: process.env.PATH, CACHE: 'secret', PORT: '1', VITEST_ARAZZO_SIDE: 'head' }
  const code = 'console.log("up"); setInterval(() => {}, 1000)'
  const child = spawn(process.execPath, ['--max-old-space-size=512', '--eval', code], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const { node, flags, variables } = await traitsOf(child.pid!, project({}))
  expect(node).toBe(process.version)
  expect(flags).toContain('--max-old-space-size=512')
  expect(variables).toEqual(['CACHE', 'PATH'])
})
