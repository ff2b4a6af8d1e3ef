import { readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { checkpointOf } from '../../src/cause/memory.ts'
import { profiled } from './profiled.ts'

/* Profilers in real processes of Node.js. */

/** Packages of which one has a native module, for whatever system this is. */
const PACKAGES = resolve('node_modules/@rollup')

const slow = { timeout: 240_000 }
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

test.each<[string, string[], RegExp]>([
  ['profiles itself', ['--cpu-prof'], /^it was started with --cpu-prof$/],
  ['has few rights', [PERMISSION, '--allow-fs-read=*'], /^it runs with --permission/],
])('an application that %s is not profiled, and says why', slow, async (_, flags, reason) => {
  const { profilers } = await profiled('', flags)
  await profilers.start()
  expect([...profilers.refusals]).toEqual([expect.stringMatching(reason)])
  expect(await profilers.heap()).toEqual([])
  expect([...profilers.refusals]).toHaveLength(1)
})

test('an application with the native module of another profiler is not profiled', slow, async () => {
  const names = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  const native = join(PACKAGES, names.find(name => name.endsWith('.node'))!)
  const { profilers } = await profiled(
    `require('fs').copyFileSync(${JSON.stringify(native)}, 'dd_pprof.node'); require('./dd_pprof.node')`,
  )
  await profilers.start()
  expect([...profilers.refusals]).toEqual(['another profiler is loaded (dd_pprof.node)'])
})

test('the heap is read after a collection, with the functions of live objects and all scripts', slow, async () => {
  const { profilers, folder, output } = await profiled(`
const kept = []
function grow() { for (let i = 0; i < 2e5; i++) kept.push({ i }) }
function waste() { for (let i = 0; i < 2e5; i++) Array.from({ length: 9 }) }
const timer = setInterval(() => {
  if (!require('fs').existsSync('go')) return
  clearInterval(timer)
  grow()
  waste()
  process.stdout.write('done')
}, 20)`)
  const before = checkpointOf(await profilers.heap(), folder)
  expect(before.scripts.has('app.cjs')).toBe(true)
  writeFileSync(join(folder, 'go'), '')
  await output()
  const after = checkpointOf(await profilers.heap(), folder)
  const sizes = Object.fromEntries([...after.functions.values()].map(({ name, time }) => [name, time]))
  expect(after.heap - before.heap).toBeGreaterThan(2e6)
  expect(sizes.grow).toBeGreaterThan(0.5 * (after.heap - before.heap))
  expect(sizes.waste ?? 0).toBeLessThan(0.1 * sizes.grow!)
})
