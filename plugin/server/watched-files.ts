import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { tried } from '../../src/ground/tried.ts'
import { isDocument } from '../files.ts'
import { foldersOf, globMatcher, literalGlob, slashed } from './globs.ts'
import type { ResolvedServerOptions } from './options.ts'

/** The files whose change makes an application another one. */
export interface WatchedFiles {
  /** All of them are below one of these. */
  folders: string[]
  has(file: string): boolean
}

/**
 * Files in `watch`, by default the package of the command: the nearest parent folder with a package.json.
 * @param written files and folders that Vitest writes, relative to `root`, which are left out by default.
 */
export function watchedFiles(
  { watch, command, cwd }: ResolvedServerOptions,
  root = cwd,
  written: readonly string[] = [],
): WatchedFiles {
  if (watch === false) return { folders: [], has: () => false }
  if (watch !== undefined) {
    const isMeant = globMatcher(watch)
    return { folders: foldersOf(watch), has: file => isMeant(file) && !isNeverMeant(file) }
  }
  const folder = packageOf(cwd)
  const isLeftOut = globMatcher([
    `${literalGlob(folder)}/**/${leftOut}`,
    ...written.map(path => literalGlob(resolve(root, path))),
    ...outputs
      .filter(output => !runsFrom(output, command, folder))
      .map(output => `${literalGlob(folder)}/**/${output}`),
  ])
  const isBelow = (file: string) => slashed(file).startsWith(`${slashed(folder)}/`)
  return {
    folders: [folder],
    has: file => isBelow(file) && !isNeverMeant(file) && !isHidden(relative(folder, file)) && !isLeftOut(file),
  }
}

/** Output folders of builds. */
const outputs = ['dist', 'build', 'out']

/** Names of files that change while applications and tests run, and of files for tests only. */
const leftOut = `@(${[
  ...['coverage', 'html', 'logs', 'tmp', 'temp', 'test-results', 'playwright-report', '__snapshots__', '__pycache__'],
  ...['*.log', '*.pid', '*.tmp', '*.db', '*.sqlite', '*.sqlite3', '*-journal', '*-wal', '*-shm'],
  ...['*.@(test|spec).*', 'vitest.config.*', 'vite.config.*', 'vitest.workspace.*', '*.tsbuildinfo'],
].join('|')})`

export function isOutput(file: string): boolean {
  return new RegExp(`[\\\\/](?:${outputs.join('|')})[\\\\/]`).test(file)
}

const isInstalled = (file: string): boolean => /(?:^|[\\/])(?:node_modules|\.git)[\\/]/.test(file)

/**
 * Files that editors keep next to one that is open or being saved: vim, Emacs, JetBrains, gedit, Kate, Sublime Text.
 */
const ofEditors = [
  ...[/4913/, /.*~/, /\..*\.sw[a-z]/, /\.#.*/, /#.*#/, /.*___jb_(?:tmp|old)___/],
  ...[/\.goutputstream-\w+/, /\..*\.kate-swp/, /\.subl\w+\.tmp/],
]
const editorFile = new RegExp(`^(?:${ofEditors.map(({ source }) => source).join('|')})$`)

const isNeverMeant = (file: string): boolean => isInstalled(file) || editorFile.test(basename(file))

/** Lies in a hidden folder, as tools keep theirs. A hidden file, such as `.env`, may well be the application's. */
const isHidden = (path: string): boolean => /(?:^|[\\/])\.[^\\/]+[\\/]/.test(path) || isDocument(path)

function packageOf(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return cwd
  }
}

/** Whether a command, or a script of the package that it runs, names something in a folder. */
function runsFrom(output: string, command: string, folder: string): boolean {
  const isNamed = new RegExp(`(?:^|[\\s"'=./\\\\])${output}[/\\\\]`)
  return isNamed.test(commandsBehind(command, manifestOf(folder)).join('\n'))
}

interface Manifest {
  main?: unknown
  scripts?: Record<string, unknown>
}

function manifestOf(folder: string): Manifest {
  return (tried(() => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))) ?? {}) as Manifest
}

/** The command, the scripts that it runs by name (`npm start`, `pnpm run serve`), and what `node .` runs. */
function commandsBehind(command: string, { main, scripts = {} }: Manifest): string[] {
  const found = new Set([command])
  for (const text of found) {
    for (const [, name = ''] of text.matchAll(/\b(?:npm|pnpm|yarn|bun)\s+(?:run(?:-script)?\s+)?([\w:.-]+)/g))
      if (typeof scripts[name] === 'string') found.add(scripts[name])
    if (/\bnode\s+(?:\S+\s+)*\.(?:\s|$)/.test(text) && typeof main === 'string') found.add(main)
  }
  return [...found]
}
