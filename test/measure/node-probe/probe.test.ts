import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { NodeProbe } from '../../../src/measure/node-probe/probe.ts'
import { freshFolder } from '../../builders/folder.ts'

const preload = join(freshFolder('node-probe'), 'preload.mjs')
let children: ChildProcess[] = []

beforeAll(() => {
  const args = [
    'src/measure/node-probe/preload.ts',
    '--bundle',
    '--format=esm',
    '--platform=node',
    `--outfile=${preload}`,
  ]
  execFileSync(join('node_modules', '.bin', 'esbuild'), args, { stdio: 'pipe' })
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})

/** An application with the probe loaded; it does what lines of JavaScript on its standard input say. */
async function application(folder: string): Promise<{ run: (code: string) => Promise<void>; child: ChildProcess }> {
  const source =
    "require('node:readline').createInterface({ input: process.stdin }).on('line', line => { eval(line); console.log('done') }); console.log('up')"
  const child = spawn(process.execPath, ['-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`, VITEST_ARAZZO_PROBE: folder },
  })
  children.push(child)
  await once(child.stdout!, 'data')
  return {
    child,
    async run(code) {
      child.stdin!.write(`${code}\n`)
      await once(child.stdout!, 'data')
    },
  }
}

const scratch = () => freshFolder('np')

test('a blocked event loop, a large heap and garbage collections show; what came before the mark does not', async () => {
  const folder = scratch()
  const app = await application(folder)
  const probe = new NodeProbe(folder)
  await expect.poll(() => probe.read()).toBeDefined()
  await app.run('const until = Date.now() + 400; while (Date.now() < until);')
  const longest = async () => (await probe.read())!.eventLoopDelay.max
  await expect.poll(longest).toBeGreaterThan(300)
  const blocked = await longest()

  await probe.mark()
  const calm = (await probe.read())!
  expect(calm.eventLoopDelay.max).toBeLessThan(blocked)

  await app.run('globalThis.held = Array.from({ length: 3e6 }, (_, i) => ({ i }))')
  await probe.read()
  const usage = (await probe.read())!
  expect(usage.heapPeak).toBeGreaterThan(60e6)
  expect(usage.gc.count).toBeGreaterThan(0)
  expect(usage.gc.longest).toBeGreaterThan(0)
  expect(usage.gc.total).toBeGreaterThanOrEqual(usage.gc.longest)
  expect(usage.eventLoopUtilization).toBeGreaterThan(0)
  probe.close()
})

test('processes come and go; an application that ends is not kept alive, and leaves no socket', async () => {
  const folder = scratch()
  const first = await application(folder)
  const second = await application(folder)
  const probe = new NodeProbe(folder)
  await expect.poll(async () => (await probe.read())?.processes).toBe(2)
  first.child.stdin!.end()
  await once(first.child, 'exit')
  expect((await probe.read())!.processes).toBe(1)
  await probe.mark()
  expect((await probe.read())!.unread).toBeUndefined()
  second.child.kill('SIGKILL')
  await once(second.child, 'exit')
  // What it told last is still of the window; nobody has told anything since the next mark.
  const gone = (await probe.read())!
  expect(gone).toMatchObject({ processes: 0, heap: 0, unread: expect.any(Number) })
  expect((await probe.read())!.unread).toBe(gone.unread)
  await probe.mark()
  expect(await probe.read()).toBeUndefined()
  expect(readdirSync(folder)).toEqual([`${second.child.pid}.sock`])
  probe.close()
})

test('without the variable, and in a worker thread, nothing is opened', async () => {
  const folder = scratch()
  const app = await application('')
  await app.run('new (require("node:worker_threads").Worker)("", { eval: true }).once("exit", () => 0)')
  expect(readdirSync(folder)).toEqual([])
})
