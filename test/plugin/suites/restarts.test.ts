import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { has } from '../../builders/system.ts'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { copySuite, isVitest5, type Keys, readTree, type Started, startVitest } from './run-suite.ts'
import { edit, FAST, runLike, runWith } from './watching.ts'

interface Watching extends Started {
  folder: string
  /** Files by which the suite and the test tell one another. */
  env: Record<'STARTS' | 'GO' | 'BEGUN' | 'URL' | 'STUBBORN', string>
  /** The names with which the application has started, in order. */
  starts(): string[]
  rename(from: string, to: string): void
}

async function watching(args: string[], options: object = {}, keys?: Keys): Promise<Watching> {
  const folder = await copySuite('restarts')
  const hidden = (name: string) => join(folder, 'node_modules', name)
  const starts = hidden('starts')
  const files = {
    STARTS: starts,
    GO: hidden('go'),
    BEGUN: hidden('begun'),
    URL: hidden('url'),
    STUBBORN: hidden('stubborn'),
  }
  const treeFile = hidden('tree.json')
  const started = startVitest(
    folder,
    ['--watch', ...args],
    { ...files, TREE: treeFile, OPTIONS: JSON.stringify(options) },
    keys,
  )
  return {
    ...started,
    treeFile,
    folder,
    env: files,
    starts: () => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n') : []),
    rename: (from, to) => edit(join(folder, 'api/name.js'), from, to),
  }
}

/** Failures are printed after the tree was written. */
const LONG = { timeout: 60_000 }

const green = ['✓ is-rex', '✓ asks the application']
const red = ['× is-rex', '× asks the application']

/** All of it in one watch mode, since to begin one takes as long as several of its runs. */
for (const keys of cases<Keys>(['imitated'], ['terminal'])) {
  const name = 'a change of the application restarts it and runs what uses it again; one by which it does not start is'
  test(`${name} red with its log, and recovers; the key s does it, too (${keys})`, async ({ skip }) => {
    skip(keys === 'terminal' && !has('script'), 'there is no script(1) of util-linux to make a terminal')
    const vitest = await watching([...FAST, 'pets', 'asks', 'apart'], {}, keys)
    const first = await runWith(vitest, 0, ...green, '✓ keeps to itself')

    // A burst of saved files is one restart.
    for (let file = 0; file < 30; file++) writeFileSync(join(vitest.folder, `api/made-${file}.js`), '')
    vitest.rename('Rex', 'Tom')
    const { run, tree } = await runLike(vitest, first, it => red.every(part => it.includes(part)), 'only red')
    expect(tree).not.toContain('keeps to itself')
    expect(vitest.starts()).toEqual(['Rex', 'Tom'])

    vitest.rename("'Tom'", "'Tom' oops")
    const broken = await runWith(vitest, run, '× is-rex (ServerStartError)', '× asks')
    await expect.poll(vitest.output, LONG).toContain("  | SyntaxError: Unexpected identifier 'oops'")
    expect(readTree(vitest.treeFile)!.tree).not.toContain('✓')

    vitest.rename("'Tom' oops", "'Rex'")
    const recovered = await runWith(vitest, broken, ...green)
    expect(vitest.starts()).toEqual(['Rex', 'Tom', 'Rex'])

    await expect.poll(vitest.output, LONG).toContain('press s to restart the application')
    vitest.child.stdin!.write('s')
    const again = await runWith(vitest, recovered, ...green)
    expect(vitest.starts()).toEqual(['Rex', 'Tom', 'Rex', 'Rex'])
    expect(readTree(vitest.treeFile)!.tree).not.toContain('keeps to itself')

    // In a pattern that Vitest asks for, it is a letter.
    vitest.child.stdin!.write('p')
    await expect.poll(vitest.output, LONG).toContain('Input filename pattern')
    for (const letter of 'asks') vitest.child.stdin!.write(letter)
    await sleep(1000)
    expect(readTree(vitest.treeFile)!.run).toBe(again)
    vitest.child.stdin!.write('\r')
    await runWith(vitest, again, '✓ asks the application')
    expect(vitest.starts()).toEqual(['Rex', 'Tom', 'Rex', 'Rex'])
  }, 240_000)
}

thoroughly(
  'in watch mode, a first start that fails recovers as well',
  async () => {
    const folder = { cwd: 'later' }
    const vitest = await watching(['pets', 'asks', 'apart'], {
      server: { ...folder, command: 'node ../api/server.js' },
    })
    const broken = await runWith(vitest, 0, '× is-rex (ServerStartError)', '✓ keeps to itself')
    await expect.poll(vitest.output, LONG).toContain('there is no directory')

    mkdirSync(join(vitest.folder, 'later'))
    edit(join(vitest.folder, 'api/name.js'), "'Rex'", "'Rex' // again")
    await runWith(vitest, broken, ...green)
  },
  240_000,
)

/** How long Vitest and a stubborn application live on after Ctrl-C. */
async function timeToEnd(vitest: Watching, presses: 1 | 2): Promise<number> {
  await expect.poll(vitest.output, LONG).toContain('press s to restart')
  writeFileSync(vitest.env.STUBBORN, '')
  const ended = once(vitest.child, 'close')
  const begun = performance.now()
  vitest.child.stdin!.write('\x03')
  await expect.poll(() => vitest.starts().at(-1), LONG).toBe('no')
  if (presses === 2) {
    // With Vitest 5 the terminal makes a signal of it, which a pipe cannot.
    vitest.child.stdin!.write('\x03')
    if (isVitest5) vitest.child.kill('SIGINT')
  }
  await ended
  return performance.now() - begun
}

const ofRun = 'a run that goes on is finished on the application that it began with, and a load test is run again'
thoroughly(
  `${ofRun}; Ctrl-C gives an application time to shut down, and twice none`,
  async () => {
    const vitest = await watching(['pets', 'slow', 'load'], {}, 'imitated')
    const { BEGUN, GO } = vitest.env
    await expect.poll(() => existsSync(BEGUN)).toBe(true)
    vitest.rename('Rex', 'Tom')
    // As long as several times the calm that a restart waits for.
    await sleep(1000)
    expect(vitest.starts()).toEqual(['Rex'])
    writeFileSync(GO, '')
    const green = ['✓ has one application from begin to end', '✓ is-rex', 'rex under load\n    ✓']
    const first = await runWith(vitest, 0, ...green)
    await runWith(vitest, first, '✓ has one application from begin to end', '× is-rex', 'rex under load\n    ×')
    expect(vitest.starts()).toEqual(['Rex', 'Tom'])

    const hurried = await watching([...FAST, 'asks'], {}, 'imitated')
    await runWith(hurried, 0, '✓ asks the application')
    expect(await timeToEnd(hurried, 2)).toBeLessThan((await timeToEnd(vitest, 1)) / 2)
  },
  240_000,
)

thoroughly(
  'projects that share an application have it restarted once, and run again',
  async () => {
    const vitest = await watching(['pets', 'asks'], { projects: ['one', 'two'] })
    const asked = (tree: string, sign: string) => tree.split(`${sign} asks the application`).length - 1
    const { run } = await runLike(vitest, 0, tree => asked(tree, '✓') === 2, 'two green')
    vitest.rename('Rex', 'Tom')
    await runLike(vitest, run, tree => asked(tree, '×') === 2, 'two red')
    expect(vitest.starts()).toEqual(['Rex', 'Tom'])
  },
  240_000,
)

test('an application that was there before is not restarted, and that is said', async () => {
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"name":"Rex"}')
  })
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const vitest = await watching([...FAST, 'pets', 'asks'], { server: { url: `http://127.0.0.1:${port}/pets` } })
  await runWith(vitest, 0, ...green)
  vitest.rename('Rex', 'Tom')
  await expect
    .poll(vitest.output)
    .toMatch(/is REUSED, so it is not restarted \(api\/name.js has changed\): what is tested may be out of date/)
  expect(vitest.starts()).toEqual([])
}, 240_000)

thoroughly(
  '`watch` says which files; others restart nothing',
  async () => {
    const vitest = await watching(['pets', 'asks'], { server: { watch: ['api', '!api/name.js'] } })
    const first = await runWith(vitest, 0, ...green)
    vitest.rename('Rex', 'Tom')
    await sleep(1000)
    expect(readTree(vitest.treeFile)!.run).toBe(first)
    edit(join(vitest.folder, 'api/server.js'), 'process.pid', 'process.ppid')
    await runWith(vitest, first, ...red)
    expect(vitest.starts()).toEqual(['Rex', 'Tom'])
  },
  240_000,
)

thoroughly(
  'an application that has ended by itself is started again for the next run',
  async () => {
    const vitest = await watching(['asks'])
    const first = await runWith(vitest, 0, '✓ asks the application')
    const { pid } = (await (await fetch(readFileSync(vitest.env.URL, 'utf8'))).json()) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await expect.poll(vitest.output).toContain('without a request to stop')
    edit(join(vitest.folder, 'asks.case.js'), 'name:', "'name':")
    await runWith(vitest, first, '✓ asks the application')
    expect(vitest.starts()).toEqual(['Rex', 'Rex'])
  },
  240_000,
)

thoroughly(
  'a file that the application writes does not restart it for ever',
  async () => {
    const vitest = await watching(['asks'], { server: { env: { WRITES: 'data.json' } } })
    await runWith(vitest, 0, '✓ asks the application')
    await expect.poll(vitest.output).toContain('data.json changes with every run')
    const { length } = vitest.starts()
    await sleep(2000)
    expect(vitest.starts()).toHaveLength(length)
    // Nothing runs now: whoever saves something means it.
    const before = readTree(vitest.treeFile)!.run
    vitest.rename('Rex', 'Tom')
    await runWith(vitest, before, '× asks the application')
  },
  240_000,
)

thoroughly(
  'the key s cancels the run that goes on, and runs all of it again',
  async () => {
    const vitest = await watching(['pets', 'slow', 'apart'], {}, 'imitated')
    await expect.poll(() => existsSync(vitest.env.BEGUN)).toBe(true)
    // Vitest shows no list of keys during a run.
    vitest.child.stdin!.write('hs')
    await expect.poll(() => vitest.starts()).toEqual(['Rex', 'Rex'])
    expect(vitest.output()).not.toMatch(/^ {2}press s to restart/m)
    writeFileSync(vitest.env.GO, '')
    await runWith(vitest, 1, '✓ has one application from begin to end', '✓ is-rex', '✓ keeps to itself')
  },
  240_000,
)
