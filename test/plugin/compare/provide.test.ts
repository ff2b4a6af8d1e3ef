import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { TestProject } from 'vitest/node'
import type { CompareOptions } from '../../../plugin/compare/options.ts'
import { type ProvidedComparison, provideComparison } from '../../../plugin/compare/provide.ts'
import type { ArazzoOptions } from '../../../plugin/options.ts'

function providedFor(
  options: ArazzoOptions,
  env: Record<string, string>,
  reporters: unknown[] = [],
): ProvidedComparison {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const provide = vi.fn()
  const vite = { config: { configFile: '/repository/api/vitest.config.ts', configFileDependencies: [] } }
  const vitest = { onClose: () => {}, config: { reporters }, vite }
  provideComparison({ config: { root: '/repository/api' }, vite, vitest, provide } as unknown as TestProject, options)
  expect(provide).toHaveBeenCalledTimes(1)
  return provide.mock.calls[0]![1]
}

test('a run of tests begins without failures of the run before, and with what was set up', async () => {
  const reporters: { onTestRunStart: () => Promise<void> }[] = []
  const { room } = providedFor({ compare: { git: 'merge-base' } }, {}, reporters).sides![1]
  const begin = () => Promise.all(reporters.map(({ onTestRunStart }) => onTestRunStart()))
  await begin()
  mkdirSync(room)
  onTestFinished(() => rmSync(room, { recursive: true }))
  writeFileSync(join(room, '1.tree.json'), JSON.stringify({ failure: 'the registry was away' }))
  writeFileSync(join(room, '2.tree.json'), JSON.stringify({ path: '/failure' }))
  await begin()
  expect(readdirSync(room)).toEqual(['2.tree.json'])
})

test('a build is calibrated against itself: two worktrees of it, or else one folder', () => {
  const calibration = { folder: '/tmp/x', duration: 90_000 }
  const env = { VITEST_ARAZZO_CALIBRATE: JSON.stringify(calibration), VITEST_ARAZZO_BASE: '/elsewhere' }
  const folder = { from: 'folder', folder: '/repository/api' }
  const worktrees = { from: 'git', ref: 'HEAD', setup: 'make', isItself: true }
  const sidesOf = (compare?: CompareOptions) => providedFor(compare ? { compare } : {}, env)
  expect(sidesOf()).toMatchObject({ sides: [{ base: folder }, {}], calibration })
  expect(sidesOf({ cwd: '../base' })).toMatchObject({ sides: [{ base: folder }, {}], calibration })
  expect(sidesOf({ git: 'v1', setup: 'make' })).toMatchObject({ sides: [{ base: worktrees }, {}], calibration })
})

test('else with what the variable names', () => {
  const { sides, calibration } = providedFor({}, { VITEST_ARAZZO_BASE: '/elsewhere' })
  expect([sides![0].base, calibration]).toEqual([expect.objectContaining({ folder: '/elsewhere' }), undefined])
})
