import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { environmentIn } from '../../../plugin/compare/environment.ts'
import type { CompareOptions } from '../../../plugin/compare/options.ts'
import { compareWithItself, readCompareOptions } from '../../../plugin/compare/options.ts'
import type { CompareSettings } from '../../../plugin/compare/settings.ts'
import type { Sides } from '../../../plugin/compare/sides.ts'
import { forgetFailures } from '../../../plugin/compare/tree.ts'
import type { ServerOptions } from '../../../plugin/server/options.ts'
import { processTable } from '../../../plugin/server/process-family.ts'
import type { Launch } from '../../../src/compare/pair.ts'
import { clone, prepared, repository, type TestRepository, temporary } from '../../builders/repository.ts'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { readServerOptions } from '../server/read-options.ts'

/*
 * Real repositories, worktrees and processes: both sides of comparisons from every place a base can come from.
 */

const built = await builtPlugin()
const { openSides } = (await import(join(built, 'sides.js'))) as typeof import('../../../plugin/compare/sides.ts')
const rooms = (await import(join(built, 'room.js'))) as typeof import('../../../plugin/compare/room.ts')

/** An application that tells of itself. */
const app = (version: string) => `
  const { createServer } = require('node:http')
  const { writeFileSync, readdirSync } = require('node:fs')
  const { PORT, VITEST_ARAZZO_SIDE: side, VITEST_ARAZZO_DIR: dir, GIVEN: given, GIT_DIR: gitDir } = process.env
  const before = readdirSync(dir)
  writeFileSync(dir + '/data', 'x')
  const about = { version: '${version}', side, dir, before, given, gitDir, pid: process.pid, cwd: process.cwd(),
    args: process.argv.slice(2) }
  createServer((_, response) => response.end(JSON.stringify(about))).listen(PORT)
`

interface About {
  version: string
  side: string
  dir: string
  before: string[]
  given?: string
  gitDir?: string
  pid: number
  cwd: string
  args: string[]
}

const server: ServerOptions = { command: 'node app.js', url: 'http://127.0.0.1:{port}/health', timeout: '15s' }

type More = {
  server?: Partial<ServerOptions> | null
  settings?: Partial<CompareSettings>
  root?: string
  signal?: AbortSignal
  /** Milliseconds, in the place of the fixed limit. */
  setupTimeout?: number
}

function settingsFor(root: string, { server: more, settings }: More = {}): CompareSettings {
  const room = settings?.room ?? rooms.nameRoom()
  onTestFinished(() => rooms.removeRoom(room))
  const started = more === null ? undefined : readServerOptions({ ...server, ...more }, root)
  const environment = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', ...settings?.environment }
  return { root, ...(started && { server: started }), ...settings, environment, room }
}

async function open(root: string, options: CompareOptions, more: More = {}, env = {}): Promise<Sides> {
  const settings = settingsFor(root, more)
  const resolved = readCompareOptions(options, root, env)!
  if (more.setupTimeout) Object.assign(resolved.base, { setupTimeout: more.setupTimeout })
  const sides = await openSides(resolved, settings, more.signal ?? new AbortController().signal)
  onTestFinished(() => sides.close())
  return sides
}

async function failureOf(...args: Parameters<typeof open>): Promise<string> {
  const error = await open(...args).catch((caught: unknown) => caught)
  if (!(error instanceof Error)) throw new Error('It did not fail.')
  expect(error.stack, 'places in this package').not.toMatch(/^ {4}at /m)
  return plainIn(error.message, args[0])
}

function plainIn(text: string, root: string): string {
  return text
    .replaceAll(/\S*\/(vitest-arazzo-(?:base|head)-)[\w-]+/g, '<$1>')
    .replaceAll(root, '<root>')
    .replaceAll(/\b[0-9a-f]{7} "/g, '<hash> "')
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
}

async function about(launch: Launch): Promise<About> {
  return (await (await fetch(launch.servers as string)).json()) as About
}

const launch = (sides: Sides, side: 'base' | 'head') => sides[side].launch(new AbortController().signal)

/** Launches both, asks them, and ends them. */
async function both(sides: Sides): Promise<Record<'base' | 'head', About>> {
  const [base, head] = await Promise.all([launch(sides, 'base'), launch(sides, 'head')])
  const told = { base: await about(base), head: await about(head) }
  await Promise.all([base.stop(), head.stop()])
  return told
}

/** Launches base alone, asks it, and ends it. */
async function baseOf(sides: Sides): Promise<About> {
  const base = await launch(sides, 'base')
  const told = await about(base)
  await base.stop()
  return told
}

/** A repository whose `change` differs from where it began by the version that its application tells. */
const changed = prepared(() => changedIn('.'))
const changedPackage = prepared(() => changedIn('packages/api'))

function changedIn(folder: string): TestRepository {
  const file = join(folder, 'app.js')
  const made = repository({ [file]: app('old') })
  made.git('switch', '--quiet', '--create', 'change')
  made.commit('The change', { [file]: app('new') })
  return made
}

const isRunning = (pid: number) => processTable().some(entry => entry.pid === pid && !entry.zombie)
const worktreesOf = (of: TestRepository) => of.git('worktree', 'list', '--porcelain').match(/^worktree /gm)?.length

describe('a base from git', () => {
  test('is started beside head, each afresh: its own files, port, folder', async () => {
    const here = changed()
    const settings = settingsFor(here.top, { settings: { environment: { GIT_DIR: '/nowhere' } } })
    const sides = await open(here.top, { git: 'merge-base' }, { settings })
    const first = await both(sides)
    expect([first.base.gitDir, first.head.gitDir]).toEqual([undefined, undefined])
    expect(first.base).toMatchObject({ version: 'old', side: 'base', before: [] })
    expect(first.head).toMatchObject({ version: 'new', side: 'head', before: [] })
    for (const { cwd } of [first.base, first.head]) expect(cwd.startsWith(settings.room)).toBe(true)
    expect(first.base.cwd.length).toBe(first.head.cwd.length)
    const second = await both(sides)
    const dirs = [first.base, first.head, second.base, second.head].map(({ dir }) => dir)
    expect(new Set(dirs).size).toBe(4)
    expect(dirs.map(dir => [dirname(dir) === settings.room, existsSync(dir)])).toEqual(dirs.map(() => [true, false]))
    expect(sides.revisions).toMatchObject({ base: { subject: 'The first' }, head: { subject: 'The change' } })
    expect(sides.notes).toEqual([])
  })

  thoroughly(
    'fills in port, side and folder, also in the environment, and keeps the pid of the process tree',
    async () => {
      const here = changed()
      const more = {
        server: { command: 'node app.js {side} "{dir}" {port}', env: { GIVEN: '{side} {dir} {port}' } },
        settings: { environment: { GIT_DIR: '/nowhere' }, servers: 'http://127.0.0.1:{port}/v1' },
      }
      const sides = await open(here.top, { git: 'merge-base' }, more)
      const base = await launch(sides, 'base')
      const told = await about(base)
      const { port } = new URL(base.servers as string)
      expect(base.servers).toBe(`http://127.0.0.1:${port}/v1`)
      expect(told.args).toEqual(['base', told.dir, port])
      expect(told.given).toBe(told.args.join(' '))
      expect(told.gitDir).toBeUndefined()
      expect(process.kill(base.pid!, 0)).toBe(true)
      await sides.close()
      expect(isRunning(told.pid)).toBe(false)
    },
  )

  test('is set up once a run, in the folder of the package, and is gone with the room', async () => {
    const here = changedPackage()
    const root = join(here.top, 'packages/api')
    const settings = settingsFor(root)
    const log = join(temporary(), 'log')
    const setup = `pwd >> ${log}; echo "$NODE_ENV" >> ${log}`
    const environment = { ...settings.environment, NODE_ENV: 'test' }
    for (let n = 0; n < 3; n++) {
      const sides = await open(root, { git: 'merge-base', setup }, { settings: { ...settings, environment } })
      if (n === 2) expect(await baseOf(sides)).toMatchObject({ version: 'old' })
    }
    const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean)
    expect(lines.map(line => line.replace(/^.*\/vitest-arazzo-(\w+)-[^/]+/, '<$1>')).sort()).toEqual([
      '<base>/packages/api',
      '<head>/packages/api',
    ])
    expect(worktreesOf(here)).toBe(3)
    await open(root, { git: 'merge-base', setup, cwd: '.' }, { settings })
    expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toHaveLength(4)
    await rooms.removeRoom(settings.room)
    expect([worktreesOf(here), existsSync(settings.room), existsSync(join(here.top, '.git/worktrees'))]).toEqual([
      1,
      false,
      false,
    ])
  })

  thoroughly('is kept as its setup has left it if that is asked for, and only base is', async () => {
    const here = changed()
    const log = join(temporary(), 'log')
    const cache = join(here.top, 'kept')
    const setup = `echo $VITEST_ARAZZO_SIDE >> ${log}; mkdir bin && ln -s ../app.js bin/app`
    const options = { git: 'HEAD', cache: 'kept' }
    const opened = async (setup: string) => {
      const sides = await open(here.top, { ...options, setup })
      expect((await baseOf(sides)).version).toBe('new')
      return sides.notes.filter(note => note.includes('earlier run'))
    }
    const setups = () => readFileSync(log, 'utf8').split('\n').filter(Boolean).sort()
    expect(await opened(setup)).toEqual([])
    const kept = () => readdirSync(cache).filter(name => name !== '.gitignore')
    expect(kept()).toHaveLength(1)
    expect(readdirSync(join(cache, kept()[0]!))).not.toContain('.git')
    expect(await opened(setup)).toHaveLength(1)
    expect(setups()).toEqual(['base', 'head', 'head'])
    expect(readlinkSync(join(cache, kept()[0]!, 'bin/app'))).toBe('../app.js')
    // Another setup makes another build; one that fails is not kept. Git has none of them, nor has head.
    expect(await opened(`${setup} && true`)).toEqual([])
    await failureOf(here.top, { ...options, setup: 'exit 3' })
    expect(kept()).toHaveLength(2)
    expect(here.git('status', '--porcelain')).toBe('')
  })

  thoroughly('runs from a copy of its build on both sides if builds are kept: a kept one is a copy', async () => {
    const here = changed()
    const log = join(temporary(), 'log')
    // Numbers of files are used again once a file is gone.
    const idOf =
      'file => { const { ino, birthtimeNs } = fs.statSync(file, { bigint: true }); return ino + " " + birthtimeNs }'
    const setup = `touch -t 200101011200 app.js; node -p '(${idOf})("app.js")' >> ${log}`
    for (const cache of [{}, { cache: 'kept' }, { cache: 'kept' }]) {
      const sides = await open(here.top, { git: 'HEAD', setup, ...cache })
      const made = readFileSync(log, 'utf8').split('\n').filter(Boolean)
      for (const side of ['base', 'head'] as const) {
        const launched = await launch(sides, side)
        const { ino, birthtimeNs, mtime } = statSync(join((await about(launched)).cwd, 'app.js'), { bigint: true })
        expect(mtime.getFullYear()).toBe(2001)
        expect(made.includes(`${ino} ${birthtimeNs}`), `${side}, ${JSON.stringify(cache)}`).toBe(!('cache' in cache))
        await launched.stop()
      }
      rmSync(log)
    }
  })

  test('has the working tree as head, with what is not committed, made ready by the same setup', async () => {
    const here = changed()
    here.write({ '.gitignore': 'dist/', 'old.txt': 'old', 'kept.txt': 'kept' })
    here.commit('More files', {})
    here.write({ 'app.js': app('uncommitted'), 'added/new.txt': 'new', 'dist/stale.js': 'stale' })
    here.git('rm', '--quiet', 'old.txt')
    symlinkSync('kept.txt', join(here.top, 'link'))
    const setup = 'mkdir dist && cp app.js dist/app.js && echo $VITEST_ARAZZO_SIDE > dist/side'
    const settings = settingsFor(here.top)
    const server = { command: 'node dist/app.js' }
    const told = await both(await open(here.top, { git: 'merge-base', setup }, { settings, server }))
    expect([told.base.version, told.head.version]).toEqual(['old', 'uncommitted'])
    const { cwd } = told.head
    expect(readdirSync(join(cwd, 'dist')).sort()).toEqual(['app.js', 'side'])
    expect(['old.txt', 'kept.txt', 'added/new.txt', 'link'].map(path => existsSync(join(cwd, path)))).toEqual([
      false,
      true,
      true,
      true,
    ])
    expect([readlinkSync(join(cwd, 'link')), readFileSync(join(cwd, 'dist/side'), 'utf8')]).toEqual([
      'kept.txt',
      'head\n',
    ])
    expect(worktreesOf(here)).toBe(3)
    here.write({ 'app.js': app('edited again') })
    const again = await both(await open(here.top, { git: 'merge-base', setup }, { settings, server }))
    expect(again.head.version).toBe('edited again')
    const itself = compareWithItself({ git: 'merge-base', setup }, here.top)
    const same = await openSides(itself, settingsFor(here.top, { server }), new AbortController().signal)
    onTestFinished(() => same.close())
    const { base, head } = await both(same)
    expect([base.version, head.version]).toEqual(['edited again', 'edited again'])
    expect(base.cwd).not.toBe(head.cwd)
  })

  thoroughly('whose setup fails is told with its output, and tried no more in this run', async () => {
    const here = changed()
    const settings = settingsFor(here.top)
    const log = join(temporary(), 'log')
    const options = { git: 'merge-base', setup: `echo tried >> ${log}; echo "no such package" >&2; exit 3` }
    const failure = (await failureOf(here.top, options, { settings })).replaceAll(log, 'log')
    expect(failure).toMatchInlineSnapshot(`
      "Failed to set up base with "echo tried >> log; echo "no such package" >&2; exit 3": it exited with code 3. Its output says why; "setup" runs in a fresh checkout, in which nothing is installed or built.

      Last output of the setup:
        | no such package"
    `)
    expect((await failureOf(here.top, options, { settings })).replaceAll(log, 'log')).toBe(failure)
    expect(readFileSync(log, 'utf8')).toBe('tried\n'.repeat(2))
    expect(worktreesOf(here)).toBe(1)
    // As when Vitest, which watches, runs tests again.
    forgetFailures(settings.room)
    await failureOf(here.top, options, { settings })
    expect(readFileSync(log, 'utf8')).toBe('tried\n'.repeat(4))
  })

  thoroughly(
    'gets what only a checkout of head has from there, submodules by itself, and shows no secrets',
    async () => {
      const library = repository({ 'name.txt': 'library' })
      const here = changed()
      here.git('switch', '--quiet', 'main')
      const from = ['-c', 'protocol.file.allow=always', 'submodule']
      here.git(...from, '--quiet', 'add', library.top, 'library')
      here.commit('A library', { '.gitignore': '.env' })
      here.git('switch', '--quiet', 'change')
      here.write({ '.env': 'TOKEN=correct-horse-battery' })
      const update = `git ${from.join(' ')} --quiet update --init`
      const setup = `set -e; cp "$VITEST_ARAZZO_HEAD/.env" .; ${update}; cat library/name.txt .env; exit 1`
      const confidential = { inputs: { token: { env: 'SIDES_TOKEN' } } }
      vi.stubEnv('SIDES_TOKEN', 'correct-horse-battery')
      onTestFinished(() => void vi.unstubAllEnvs())
      const failure = await failureOf(here.top, { git: 'main', setup }, { settings: { confidential } })
      expect(failure).toMatch(/\| library *TOKEN=\*+/)
      expect(failure).not.toContain('horse')
      const kept = settingsFor(here.top)
      await open(here.top, { git: 'main', setup: update }, { settings: kept })
      await rooms.removeRoom(kept.room)
      expect([worktreesOf(here), existsSync(join(here.top, '.git/worktrees'))]).toEqual([1, false])
    },
  )

  thoroughly('that needs a setup and has none says so when it does not start', async () => {
    const here = repository({ 'app.js': "require('missing')" })
    here.git('switch', '--quiet', '--create', 'change')
    here.commit('The change')
    const sides = await open(here.top, { git: 'merge-base' })
    const [error] = await Promise.allSettled([launch(sides, 'base')])
    const message = plainIn(String((error as PromiseRejectedResult).reason.message), here.top)
    expect(message.split('\n').slice(0, 3).join('\n')).toMatchInlineSnapshot(`
      "Failed to launch base, <hash> "The first": it did not start: Error: Cannot find module 'missing'. It is a fresh checkout, in which nothing is installed or built, and without what git ignores. Write what it needs: compare: { setup: 'npm ci && npm run build' }.

      Failed to start the application "node app.js": it exited with code 1 before http://127.0.0.1:PORT/health responded. Its output says why, or run the command by hand."
    `)
    expect(message).toContain("Cannot find module 'missing'")
  })

  thoroughly('without the folder of the package is told', async () => {
    const here = repository({ 'app.js': app('old') })
    here.git('switch', '--quiet', '--create', 'change')
    here.commit('A package', { 'packages/api/app.js': app('new') })
    const root = join(here.top, 'packages/api')
    expect(await failureOf(root, { git: 'merge-base' })).toMatchInlineSnapshot(
      `"Failed to compare base with head: there is no folder "packages/api" in base, <hash> "The first". If it was somewhere else then, say how base is started: compare: { command, cwd }."`,
    )
    expect(await failureOf(root, { git: 'merge-base', setup: 'true' })).toMatchInlineSnapshot(
      `"Failed to compare base with head: there is no folder "packages/api" in base, <hash> "The first". Say where "setup" runs, from the topmost folder of the repository: compare: { cwd }."`,
    )
  })

  test('is given up in the middle of its setup: nothing is left of it', async () => {
    const here = changed()
    const settings = settingsFor(here.top)
    const giveUp = new AbortController()
    const opening = open(here.top, { git: 'merge-base', setup: 'sleep 1000' }, { settings, signal: giveUp.signal })
    const over = expect(opening).rejects.toThrow('enough')
    await expect.poll(() => worktreesOf(here)).toBe(3)
    await new Promise(resolve => setTimeout(resolve, 300))
    giveUp.abort(new Error('enough'))
    await over
    expect(worktreesOf(here)).toBe(1)
    expect(readdirSync(settings.room)).toEqual([])
  })

  test('whose setup takes too long is ended, and told with how far it came', async () => {
    const here = changed()
    const setup = 'echo "1 of 2"; sleep 1000'
    expect(await failureOf(here.top, { git: 'merge-base', setup }, { setupTimeout: 500 })).toMatchInlineSnapshot(`
      "Failed to set up base with "echo "1 of 2"; sleep 1000": it took longer than 500 ms. Its output says how far it came; build base before, and write compare: { cwd: '../base' }.

      Last output of the setup:
        | 1 of 2

      If head repairs base, accept it with "base: none" (the action) or VITEST_ARAZZO_BASE_COMMIT=none: then head runs alone, and nothing is compared."
    `)
    expect(worktreesOf(here)).toBe(1)
  })
  thoroughly('of two runs at once do not meet', async () => {
    const here = changed()
    const [a, b] = await Promise.all([1, 2].map(() => open(here.top, { git: 'merge-base', setup: 'sleep 0.2' })))
    expect(worktreesOf(here)).toBe(5)
    const told = await Promise.all([both(a!), both(b!)])
    expect(new Set(told.map(({ base }) => base.cwd)).size).toBe(2)
  })
})

describe('a base from elsewhere', () => {
  test('is another checkout: a folder for the root, or the whole repository', async () => {
    const there = changedPackage()
    const here = changedPackage()
    const root = join(here.top, 'packages/api')
    there.git('switch', '--quiet', 'main')
    const folder = join(there.top, 'packages/api')
    const whole = await open(root, { cwd: there.top })
    const { base, head } = await both(whole)
    expect([base.version, base.cwd, head.version]).toEqual(['old', folder, 'new'])
    const ofRoot = await open(root, { cwd: folder })
    expect(await baseOf(ofRoot)).toMatchObject({ version: 'old', cwd: folder })
    for (const { revisions } of [whole, ofRoot]) expect(revisions.base?.subject).toBe('The first')
    there.write({ 'packages/api/app.js': app('older') })
    expect(plainIn((await open(root, { cwd: there.top })).notes.join('\n'), root)).toMatchInlineSnapshot(
      `
      "base is the working tree: <hash> "The first" with changes that are not committed
      base and head were prepared apart, and builds of another age or path can differ by some percent: { git, setup } prepares both alike"
    `,
    )
    const absolute = { server: { command: `node ${root}/app.js` } }
    const same = await open(root, { cwd: '.' }, absolute)
    expect([same.notes.join(), (await baseOf(same)).version]).toEqual([
      expect.stringContaining('the same folder'),
      'new',
    ])
    expect(await failureOf(root, { cwd: there.top }, absolute)).toContain('names a folder of head')
    expect((await failureOf(root, { cwd: '../nowhere' })).replaceAll(here.top, '<top>')).toMatchInlineSnapshot(
      `"Failed to compare base with head: there is no folder <top>/packages/nowhere. Correct compare.cwd; it is relative to the project's root."`,
    )
  })

  test('is what the variable names, whatever the options say', async () => {
    const [there, here] = [repository({ 'app.js': app('there') }), changed()]
    const sides = await open(here.top, { git: 'merge-base' }, {}, { VITEST_ARAZZO_BASE: there.top })
    expect((await baseOf(sides)).version).toBe('there')
    expect(readCompareOptions(undefined, here.top, { VITEST_ARAZZO_BASE: '../x', CI: 'true' })).toEqual({
      base: { from: 'folder', folder: join(here.top, '../x'), by: 'VITEST_ARAZZO_BASE' },
      ...{ stopWhenFailed: true, warmUp: {}, maxDuration: 90_000 },
    })
    expect(readCompareOptions(undefined, here.top, {})).toBeUndefined()
  })

  test('is the commit that a job names, with its setup for both sides', async () => {
    const here = changed()
    const base = here.git('rev-parse', 'main').trim()
    const env = { VITEST_ARAZZO_BASE_COMMIT: base, VITEST_ARAZZO_SETUP: 'cp app.js built.js', CI: 'true' }
    const command = 'node built.js'
    const sides = await open(here.top, { git: 'HEAD', setup: 'exit 3' }, { server: { command } }, env)
    const { base: old, head } = await both(sides)
    expect([old.version, head.version]).toEqual(['old', 'new'])
    expect([sides.notes, sides.revisions.base!.commit]).toEqual([[], base])
    expect(old.cwd).toHaveLength(head.cwd.length)
    const kept = readCompareOptions(undefined, here.top, { ...env, VITEST_ARAZZO_CACHE: 'kept' })!
    expect(kept.base).toMatchObject({ from: 'git', ref: base, cache: join(here.top, 'kept') })
  })

  test('is another command', async () => {
    const here = repository({ 'app.js': app('head'), 'base/other.js': app('other') })
    const options = { command: 'node other.js', cwd: 'base', env: { GIVEN: 'more' } }
    const { base, head } = await both(await open(here.top, options, { server: { env: { GIVEN: 'less' } } }))
    expect([base.version, base.given, base.cwd]).toEqual(['other', 'more', join(here.top, 'base')])
    expect([head.version, head.given]).toEqual(['head', 'less'])
  })

  thoroughly('is never one of head since PATH names it, as "npx vitest" makes it do', async () => {
    const program = (version: string) => `#!/usr/bin/env node\n${app(version)}`
    const here = repository({ 'bin/app': program('old') })
    chmodSync(join(here.top, 'bin/app'), 0o755)
    here.commit('A program')
    here.git('switch', '--quiet', '--create', 'change')
    const there = clone(here)
    here.commit('The change', { 'bin/app': program('new') })
    const root = join(here.top, 'packages/api')
    here.write({ 'packages/api/x': '', 'node_modules/.bin/tool': '' })
    there.write({ 'packages/api/x': '' })
    const PATH = [`${root}/node_modules/.bin`, `${here.top}/bin`, process.env.PATH].join(delimiter)
    const NODE_OPTIONS = `--require "${here.top}/bin/app"`
    const more = { server: { command: 'app', cwd: here.top }, settings: { environment: { PATH } } }
    const bases = [
      { git: 'merge-base', setup: 'mkdir -p packages/api && command -v app > ran', cwd: '.' },
      { cwd: join(there.top, 'packages/api') },
      { command: 'app', cwd: there.top },
      { git: 'merge-base' },
      { cwd: there.top },
    ]
    for (const base of cases(bases.slice(0, 3), bases.slice(3))) {
      const sides = await open(base.cwd === '.' || 'command' in base ? here.top : root, base, more)
      const { base: one, head } = base === bases[0] ? await both(sides) : { base: await baseOf(sides), head: undefined }
      expect([base, one.version]).toEqual([base, 'old'])
      if (head !== undefined) expect(head.version).toBe('new')
      if (base.setup) expect(readFileSync(join(one.cwd, 'ran'), 'utf8')).toBe(`${join(one.cwd, 'bin/app')}\n`)
    }
    const stand = { folder: there.top, from: here.top }
    const given = { PATH, NODE_OPTIONS, OTHER: here.top, INIT_CWD: `${here.top}-other` }
    expect(environmentIn(stand, root, given)).toEqual({
      ...given,
      PATH: PATH.replaceAll(here.top, there.top),
      NODE_OPTIONS: NODE_OPTIONS.replaceAll(here.top, there.top),
    })
    const inside = join(here.top, 'base')
    const twice = [here.top, inside].map(top => `${top}/bin`).join(delimiter)
    expect(environmentIn({ folder: inside, from: here.top }, root, { PATH: twice }).PATH).toBe(
      [inside, inside].map(top => `${top}/bin`).join(delimiter),
    )
  })

  thoroughly('runs already, and each launch of it is the same', async () => {
    const here = changed()
    const running = await launch(await open(here.top, { git: 'merge-base' }), 'base')
    const { pid } = await about(running)
    const more = { settings: { servers: { shop: 'http://localhost:{port}/v1/', pay: 'http://127.0.0.1:9' } } }
    const sides = await open(here.top, { url: running.servers as string }, more)
    expect([sides.base.isFixed, sides.head.isFixed]).toEqual([true, undefined])
    const [first, second] = [await launch(sides, 'base'), await launch(sides, 'base')]
    expect(second).toBe(first)
    expect(first).toMatchObject({ servers: { shop: `${running.servers}/v1/`, pay: 'http://127.0.0.1:9' }, pid })
    await first.stop()
    expect(process.kill(pid, 0)).toBe(true)
    expect(await failureOf(here.top, { url: running.servers as string, pid: 2 ** 22 + 1 })).toMatchInlineSnapshot(
      `"Failed to compare base with head: there is no process 4194305 of this user, which is to be base. Correct "pid", or leave it out."`,
    )
    await running.stop()
    expect(await failureOf(here.top, { url: running.servers as string })).toMatchInlineSnapshot(
      `"Failed to compare base with head: base is to run at http://127.0.0.1:PORT/ already, but the connection was refused. Start it before Vitest, or have it started: compare: { command, cwd }."`,
    )
  })
})

describe('what cannot be compared', () => {
  test('is told before anything is started', async () => {
    const here = changed()
    const elsewhere = temporary()
    const failures = [
      { server: null },
      { server: { url: 'http://127.0.0.1:3000/health' } },
      { settings: { servers: 'http://127.0.0.1:3000' } },
      { server: { cwd: elsewhere } },
      { server: { command: `node ${here.top}/app.js` } },
    ].map(more => failureOf(here.top, { git: 'merge-base' }, more))
    expect((await Promise.all(failures)).join('\n').replaceAll(elsewhere, '<elsewhere>')).toMatchInlineSnapshot(`
      "Failed to compare base with head: the plugin does not start the application. Write how: arazzo({ server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' } }).
      Failed to compare base with head: "url" of server is http://127.0.0.1:PORT/health: base and head run at the same time, and cannot both have that port. Write {port}, in "command" as well unless it reads the variable PORT: 'http://127.0.0.1:{port}/health'.
      Failed to compare base with head: "servers" names no {port}, so that base and head would be asked at the same place. Write {port} where the application's own is meant: servers: 'http://127.0.0.1:{port}/v1'.
      Failed to compare base with head: "cwd" of server, <elsewhere>, is not below <root>, and base has no such folder. Say how base is started: compare: { command, cwd }.
      Failed to compare base with head: "command" of server names a folder of head, <root>, so that base would run what head is. Write paths that are relative to "cwd"."
    `)
  })

  test('a variable that names a folder of head is noted', async () => {
    const here = changed()
    const more = { server: { env: { FILE: `${here.top}/data.json`, OTHER: `${here.top}-other/x` } } }
    expect((await open(here.top, { git: 'merge-base' }, more)).notes).toMatchInlineSnapshot(`
      [
        "FILE in "env" of server names a folder of head, for base as well",
      ]
    `)
  })
})
