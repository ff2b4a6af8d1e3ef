import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { builtPlugin } from '../plugin/server/built.ts'
import { runCli } from './cli.ts'

const built = await builtPlugin()

/** A Vitest that works until it is told to end. */
const vitest = `
  console.log('working')
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => setTimeout(() => process.exit(1), 200))
  require('node:fs').writeFileSync('begun', '')
  setInterval(() => {}, 1000)
`

test.each([
  ['Ctrl-C', 'SIGINT', -1, 130],
  ['SIGTERM to it alone', 'SIGTERM', 1, 143],
] as const)('calibrate leaves nothing when %s ends it', async (_, signal, whom, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-calibrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [home, tmp] = [join(folder, 'node_modules/vitest'), join(folder, 'tmp')]
  for (const each of [home, tmp]) mkdirSync(each, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "name": "vitest" }')
  writeFileSync(join(home, 'main.cjs'), vitest)
  writeFileSync(join(home, 'vitest.mjs'), "import './main.cjs'")
  const env = { ...process.env, TMPDIR: tmp }
  const child = spawn(process.execPath, [join(built, 'cli.js'), 'calibrate', 'load.test.js'], {
    ...{ cwd: folder, env, detached: true },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await expect.poll(() => readdirSync(folder)).toContain('begun')
  expect(readdirSync(tmp)).toEqual([expect.stringMatching(/^vitest-arazzo-calibrate-/)])
  process.kill(whom * child.pid!, signal)
  const [code] = await once(child, 'exit')
  expect([code, readdirSync(tmp)]).toEqual([expected, []])
})

test('calibrate says that there is no place for its files', async () => {
  const env = { TMPDIR: join(tmpdir(), 'nowhere', 'at-all') }
  const { code, stdout, stderr } = await runCli(built, ['calibrate', 'load.test.js'], { cwd: tmpdir(), env })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^Failed to make a temporary folder in \S+at-all: ENOENT: .*\. Let TMPDIR name .*\.\n$/)
})
