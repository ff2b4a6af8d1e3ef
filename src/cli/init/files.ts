import { randomUUID } from 'node:crypto'
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { tried } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { Misuse } from '../flags.ts'

/**
 * Writes files into a folder: all of them or none, each whole, and never over what is there, be it written meanwhile.
 * One that is there with just its text is left of a call that was ended, and is kept. Throws Misuse, with what keeps
 * the others from being written, and where all are there.
 *
 * @param texts by the names of the files.
 * @returns the names of those that were written.
 */
export function writeNew(folder: string, texts: Readonly<Record<string, string>>): string[] {
  assertFolder(folder)
  const names = Object.keys(texts)
  const besides = new Map<string, string>()
  const written: string[] = []
  try {
    const there = names.filter(name => lstatSync(join(folder, name), { throwIfNoEntry: false }))
    const others = there.filter(name => !isFileOf(join(folder, name), texts[name]!))
    if (others.length > 0) throw taken(others)
    if (there.length === names.length) throw taken(there)
    mkdirSync(folder, { recursive: true })
    // All of them lie beside their places before the first takes its own: little time is left in between.
    for (const name of names.filter(name => !there.includes(name))) {
      const beside = join(folder, `${name}.${randomUUID().slice(0, 8)}.tmp`)
      besides.set(name, beside)
      writeFileSync(beside, texts[name]!, { flag: 'wx' })
    }
    for (const [name, beside] of besides) {
      place(beside, join(folder, name))
      written.push(name)
    }
    return written
  } catch (error) {
    if (error instanceof Misuse) throw error
    for (const name of written) rmSync(join(folder, name), { force: true })
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw taken([[...besides.keys()][written.length]!])
    throw new Misuse(failed('write', 'the first files', message, 'Make the folder writable, or use --output.'))
  } finally {
    for (const beside of besides.values()) rmSync(beside, { force: true })
  }
}

/** What files are called after a text: 60 characters at most, for names of files have 255 bytes. */
export const fileName = (text: string): string => wordsOf(text).toLowerCase().slice(0, 60).replace(/-+$/, '')

/** Path of a file from a folder, as URLs have it: `./openapi.yaml`. */
export function urlFrom(folder: string, file: string): string {
  const path = relative(folder, resolve(file)).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}

function isFileOf(path: string, text: string): boolean {
  return tried(() => lstatSync(path).isFile() && readFileSync(path, 'utf8') === text) === true
}

/** Throws Misuse where something else than a folder is at its place. */
export function assertFolder(folder: string): void {
  if (!existsSync(folder) || statSync(folder).isDirectory()) return
  throw new Misuse(failed('write', 'the first files', `${shortPath(folder)} is not a folder`, 'Use --output.'))
}

function taken(names: readonly string[]): Misuse {
  const found = `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} there already`
  return new Misuse(failed('write', 'the first files', found, 'Use --output or --name.'))
}

/** A link appears with all of its text, and only where nothing is. */
function place(beside: string, path: string): void {
  try {
    linkSync(beside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // Some file systems have no links.
    copyFileSync(beside, path, constants.COPYFILE_EXCL)
  }
}
