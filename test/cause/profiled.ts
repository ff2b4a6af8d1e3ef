import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { Profilers } from '../../src/cause/profiler/profilers.ts'
import { FOLDER_VARIABLE } from '../../src/cause/profiler/protocol.ts'
import { builtPlugin } from '../plugin/server/built.ts'

/**
 * A program of Node.js with a profiler in it, once it has written something.
 *
 * @param listens whether it writes by itself.
 */
export async function profiled(code: string, flags: readonly string[] = [], listens = false) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'prof-')))
  const sockets = join(folder, 's')
  mkdirSync(sockets)
  const ready = listens ? '' : "process.stdout.write('ready')"
  writeFileSync(join(folder, 'app.cjs'), `${code}\nsetInterval(() => {}, 1000)\n${ready}`)
  const preload = pathToFileURL(join(await builtPlugin(), 'node-profiler.js')).href
  const child = spawn(process.execPath, [...flags, '--import', preload, 'app.cjs'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', [FOLDER_VARIABLE]: sockets },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<string>(resolve => child.on('exit', () => resolve('')))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const output = () =>
    Promise.race([new Promise<string>(resolve => child.stdout.once('data', data => resolve(String(data)))), ended])
  return { profilers: new Profilers(sockets), folder, output, first: await output() }
}
