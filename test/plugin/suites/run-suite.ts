import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { onTestFinished } from 'vitest'
import { install } from '../../builders/installed.ts'
import { type Ran, runInResident, type Task } from './resident.ts'

const root = resolve(import.meta.dirname, '../../..')
const suites = join(root, 'fixtures/suites')
const treeReporter = join(suites, 'tree-reporter.js')

/**
 * A folder whose `node_modules` has the Vitest to test with and, unless it is ours, the built package. With another
 * than ours the same tests run against another version of Vitest; `NODE` is the Node.js for it.
 */
const home = process.env.SUITES_HOME ?? root
const node = process.env.SUITES_NODE ?? process.execPath
const vitest = join(home, 'node_modules/vitest/vitest.mjs')
const reporters = ['--reporter', treeReporter, '--reporter', 'default']

export const isVitest5 = /"version": "5/.test(readFileSync(join(home, 'node_modules/vitest/package.json'), 'utf8'))

export interface SuiteRun {
  /** Every test with its state, as the tree reporter writes it. */
  tree: string
  /** What Vitest printed, times and ports taken out: standard output, and then standard error. */
  output: string
  /** The same as it was printed. */
  printed: string
  exitCode: number | null
}

let count = 0

/**
 * A copy of a suite of `fixtures/suites`, in which `vitest-arazzo` is what the sources are now; gone when the test
 * ends.
 */
export async function copySuite(name: string): Promise<string> {
  const folder = await newSuite(name)
  cpSync(join(suites, name), folder, { recursive: true })
  return folder
}

/** A suite of these files, by their paths; gone when the test ends. */
export async function writeSuite(files: Record<string, string>): Promise<string> {
  const folder = await newSuite('written')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

async function newSuite(name: string): Promise<string> {
  const folder = join(home, '.vitest-arazzo', `${name}-${process.pid}-${++count}`)
  mkdirSync(folder, { recursive: true })
  if (home === root) await install(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "suite", "type": "module" }')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

export interface Started {
  child: ChildProcess
  treeFile: string
  /** What it has printed so far, in the order in which it was read. */
  output(): string
  /**
   * The same, by stream. What a process writes to the one and then to the other can be read the other way round, and in
   * between: on a busy machine the summary came within the failures.
   */
  seen: Readonly<Record<'stdout' | 'stderr', string>>
}

/**
 * What Vitest has for keys: nothing, a terminal of script(1), or a pipe that says that it is one, which every system
 * has. Keys are written to `child.stdin`.
 */
export type Keys = 'none' | 'terminal' | 'imitated'

/** A pipe as standard input that takes itself for a terminal. */
const imitation = `data:text/javascript,${encodeURIComponent(
  'Object.assign(process.stdin, { isTTY: true, setRawMode: () => process.stdin })',
)}`

/** Starts Vitest in a process of its own, as a shell without a terminal would. */
export function startVitest(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  keys: Keys = 'none',
): Started {
  const treeFile = join(folder, 'tree.json')
  return { treeFile, ...startNode(folder, [vitest, ...args, ...reporters], { TREE: treeFile, ...env }, keys) }
}

/** Starts Node.js in a suite, as a shell without a terminal and without Vitest around it would. */
export function startNode(
  folder: string,
  args: string[],
  env: Record<string, string>,
  keys: Keys = 'none',
): Omit<Started, 'treeFile'> {
  const {
    VITEST: _,
    VITEST_MODE: __,
    VITEST_WORKER_ID: ___,
    VITEST_POOL_ID: ____,
    NODE_OPTIONS: _____,
    ...ours
  } = process.env
  const words = keys === 'imitated' ? ['--import', imitation, ...args] : args
  const quoted = [node, ...words].map(word => `'${word}'`).join(' ')
  const [command, ...rest] = keys === 'terminal' ? ['script', '-qec', quoted, '/dev/null'] : ([node, ...words] as const)
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...ours, NO_COLOR: '1', CI: '', ...env },
    stdio: [keys === 'none' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const seen = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      seen[name] += text
    })
  }
  return { child, output: () => output, seen }
}

/** Runs Vitest on a copy of a suite, or on a folder; `args` may begin with another command than `run`. */
export async function runSuite(
  suite: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<SuiteRun> {
  const folder = isAbsolute(suite) ? suite : await copySuite(suite)
  const treeFile = join(folder, 'tree.json')
  rmSync(treeFile, { force: true })
  // Vitest adds what --exclude says to its defaults, for all runs of the process.
  const needsItsOwn = home !== root || node !== process.execPath || 'CI' in env || args.includes('--exclude')
  const words = args[0] === 'related' ? [...args, '--run'] : ['run', ...args]
  const task = { folder, args: [...words, ...reporters], env: { TREE: treeFile, ...env } }
  const { stdout, stderr, exitCode } = await (needsItsOwn ? runInOwn(task) : runInResident(task))
  const output = stdout + stderr
  const tree = readTree(treeFile)?.tree ?? `no tree:\n${output}`
  return { tree, output: normalize(output, folder), printed: output, exitCode }
}

/** Runs Vitest in a process of its own. */
async function runInOwn({ folder, args, env }: Task): Promise<Omit<Ran, 'open'>> {
  const { child, seen } = startNode(folder, [vitest, ...args], env)
  const exitCode = await new Promise<number | null>(done => child.on('close', done))
  return { ...seen, exitCode }
}

export function readTree(file: string): { run: number; tree: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Takes out what differs from run to run and from machine to machine. */
function normalize(output: string, folder: string): string {
  return output
    .replaceAll(`${folder}${sep}`, '')
    .replaceAll(`${folder.replaceAll(sep, '/')}/`, '')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\b\d+(?:\.\d+)?m?s\b/g, 'TIME')
    .replaceAll(/[ \t]+$/gm, '')
}

/** The part of an output that tells of failures. */
export function failuresIn(output: string): string {
  const begin = output.search(/^⎯+ Failed/m)
  return begin < 0 ? output : output.slice(begin).trim()
}

/** The part of a tree that is of this file. */
export function treeOf(tree: string, file: string): string {
  const lines = tree.split('\n')
  const begin = lines.indexOf(file)
  if (begin < 0) return tree
  const length = lines.slice(begin + 1).findIndex(line => !line.startsWith(' '))
  return lines.slice(begin, length < 0 ? undefined : begin + 1 + length).join('\n')
}

/** The failures of this file, of all that an output tells of. */
export function failuresOf(output: string, file: string): string {
  return failuresIn(output)
    .replaceAll(/^⎯+ Failed .*\n+/gm, '')
    .split(/^⎯+\[\d+\/\d+\]⎯$/m)
    .map(failure => failure.trim())
    .filter(failure => failure.startsWith(`FAIL  ${file} `))
    .join('\n\n')
}

/** Failures without lines of code, and without the comparison that Vitest makes of two values. */
export const outlineOf = (failures: string): string =>
  failures
    .replaceAll(/^ *(\d+\||\| *\^).*\n?/gm, '')
    .replaceAll(/^- Expected\n[\s\S]*?^ {2}\}\n/gm, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
