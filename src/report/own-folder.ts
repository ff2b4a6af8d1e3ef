import { randomUUID } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { failure } from '../ground/fault.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import { epochTime } from '../measure/clock.ts'

/** The name of a folder that nothing else uses. */
export const DEFAULT_FOLDER = '.vitest-arazzo'

/** The first line of the `.gitignore` by which a folder is known as one of reports. */
const MARKER = '# Reports of vitest-arazzo, which owns this folder.'

/** Why reports may not be written into a folder: it is not theirs alone. `root` is the project's. */
function whyNotOwn(folder: string, root: string): string | undefined {
  const own = real(folder)
  if (isWithin(real(root), own)) return 'it holds the project'
  if (!existsSync(own)) return undefined
  if (!statSync(own).isDirectory()) return 'it is not a folder'
  if (basename(own) === DEFAULT_FOLDER || isMarked(own)) return undefined
  const [first] = readdirSync(own)
  return first === undefined ? undefined : `it holds files of others (${first})`
}

/** Throws for a folder that reports may not be written to: what lies there would be lost, or hidden from Git. */
export function assertOwnFolder(folder: string, root: string = process.cwd()): void {
  const why = whyNotOwn(folder, root)
  if (why === undefined) return
  const advice = `Name a folder that nothing else uses, such as '${DEFAULT_FOLDER}'.`
  throw failure('write reports', `to ${folder}`, why, advice)
}

/** Makes a folder one of reports, which Git leaves out. */
export function markAsOwn(folder: string): void {
  mkdirSync(folder, { recursive: true })
  if (!isMarked(folder)) writeWhole(join(folder, '.gitignore'), `${MARKER}\n*\n`)
}

function isMarked(folder: string): boolean {
  return tried(() => readFileSync(join(folder, '.gitignore'), 'utf8'))?.startsWith(MARKER) ?? false
}

/** The path without links, as far as it is there. */
function real(path: string): string {
  const whole = resolve(path)
  if (existsSync(whole)) return realpathSync(whole)
  const parent = dirname(whole)
  return parent === whole ? whole : join(real(parent), basename(whole))
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** How long another run may take to write its files. */
const PATIENCE: Milliseconds = 10_000

/**
 * Calls `write` while no other run writes the same folder; of a run that was killed meanwhile the lock is taken over.
 */
export function alone<T>(folder: string, write: () => T): T {
  const lock = `${folder}.lock`
  for (let waited = 0; !isTaken(lock); waited += 10) {
    if (waited > PATIENCE) throw new Error(`another run keeps ${lock}; remove it if no other run is active`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
  try {
    return write()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Whether the lock is ours now. */
function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (isLeft(lock)) rmSync(lock, { force: true })
    return false
  }
}

/** Whether the owner of the lock is gone. */
function isLeft(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    // Between its making and its number it is empty.
    if (holder === 0) return epochTime() - statSync(lock).mtimeMs > PATIENCE
    process.kill(holder, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Written next to it and then renamed, so that a reader finds the old file or the new one. */
export function writeWhole(path: string, text: string): void {
  // A pipe or a device is written to as it stands: a file in its place would be another thing.
  if (isSpecial(path)) return writeFileSync(path, text)
  writeTogether([[path, text]])
}

/**
 * Writes files next to their places first: if there is no room for one of them, all old files stay.
 *
 * @param before is called when all are written, before the first one is renamed.
 */
export function writeTogether(files: readonly (readonly [path: string, text: string])[], before = () => {}): void {
  // Threads of one process may write the same file.
  const staged = files.map(([path, text]) => ({ path, text, beside: `${path}.${randomUUID().slice(0, 8)}.tmp` }))
  try {
    for (const { beside, text } of staged) writeFileSync(beside, text)
    before()
    for (const { beside, path } of staged) renameSync(beside, path)
  } catch (error) {
    for (const { beside } of staged) rmSync(beside, { force: true })
    throw error
  }
}

/** Reason why a file cannot be written there, as far as it can be known. */
export function whyNotWritable(path: string): string | undefined {
  const folder = dirname(resolve(path))
  try {
    if (!existsSync(folder)) return `there is no folder ${folder}`
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return 'it is a folder'
    accessSync(isSpecial(path) ? path : folder, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function isSpecial(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}
