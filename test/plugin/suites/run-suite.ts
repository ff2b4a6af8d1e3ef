import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
/** Within our package, so that a suite's `vitest-arazzo` is what was built; ignored by git. */
const workshop = join(root, '.vitest-arazzo')
const vitestBin = process.env.VITEST_UNDER_TEST ?? join(root, 'node_modules/vitest/vitest.mjs')
const nodeBin = process.env.NODE_UNDER_TEST ?? process.execPath

export interface SuiteRun {
  /** Every test with its state, as the tree reporter of the fixtures writes it. */
  tree: string
  /** What Vitest printed, times and ports taken out. */
  output: string
  exitCode: number | null
}

let count = 0

/** A copy of a suite of `fixtures/suites`; gone when the test ends. */
export function copySuite(name: string): string {
  const folder = join(workshop, `${name}-${process.pid}-${++count}`)
  mkdirSync(workshop, { recursive: true })
  cpSync(join(root, 'fixtures/suites', name), folder, { recursive: true })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function startVitest(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
): { child: ChildProcess; treeFile: string } {
  const treeFile = join(folder, 'tree.json')
  const reporter = join(root, 'fixtures/suites/tree-reporter.js')
  const all = [vitestBin, ...args, '--root', folder, '--reporter', reporter]
  if (!args.includes('--reporter')) all.push('--reporter', 'default')
  const { VITEST: _, VITEST_MODE: __, NODE_OPTIONS: ___, ...ours } = process.env
  const child = spawn(nodeBin, all, {
    cwd: folder,
    env: { ...ours, TREE: treeFile, NO_COLOR: '1', CI: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, treeFile }
}

/** Runs Vitest in a process of its own on a copy of a suite, or on a folder. */
export async function runSuite(
  suite: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<SuiteRun> {
  const folder = suite.startsWith('/') ? suite : copySuite(suite)
  const { child, treeFile } = startVitest(folder, ['run', ...args], env)
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', text => (output += text))
  const exitCode = await new Promise<number | null>(done => child.on('close', done))
  return {
    tree: readTree(treeFile)?.tree ?? `no tree:\n${output}`,
    output: normalize(output, folder),
    exitCode,
  }
}

export function readTree(file: string): { run: number; tree: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Takes out what differs from run to run and from machine to machine. */
export function normalize(output: string, folder: string): string {
  return output
    .replaceAll(`${folder}/`, '')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\b\d+(?:\.\d+)?m?s\b/g, 'TIME')
    .replaceAll(/[ \t]+$/gm, '')
}

/** The part of an output that tells of failures. */
export function failuresIn(output: string): string {
  return output.slice(output.indexOf('⎯⎯⎯ Failed'), output.indexOf('Test Files')).trim()
}
