import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { tried } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { Misuse } from '../flags.ts'

/**
 * Writes files into a folder: all of them or none, and never over an existing file. A file with just that text is kept.
 * Throws Misuse, with what keeps them from being written, and if all are there.
 *
 * @param texts by the names of the files.
 * @returns the names of the written files.
 */
export function writeNew(folder: string, texts: Readonly<Record<string, string>>): string[] {
  assertFolder(folder)
  const names = Object.keys(texts)
  const written: string[] = []
  try {
    const there = names.filter(name => lstatSync(join(folder, name), { throwIfNoEntry: false }))
    const others = there.filter(name => tried(() => readFileSync(join(folder, name), 'utf8')) !== texts[name])
    if (others.length > 0) throw taken(others)
    if (there.length === names.length) throw taken(there)
    mkdirSync(folder, { recursive: true })
    for (const name of names.filter(name => !there.includes(name))) {
      writeFileSync(join(folder, name), texts[name]!, { flag: 'wx' })
      written.push(name)
    }
    return written
  } catch (error) {
    if (error instanceof Misuse) throw error
    for (const name of written) rmSync(join(folder, name), { force: true })
    const { code, message, path = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw taken([basename(path)])
    throw new Misuse(failed('write', 'the first files', message, 'Make the folder writable, or use --output.'))
  }
}

/** File name for a text: 60 characters at most, because file systems limit names to 255 bytes. */
export const fileName = (text: string): string => wordsOf(text).toLowerCase().slice(0, 60).replace(/-+$/, '')

/** Path of a file from a folder, as URLs have it: `./openapi.yaml`. */
export function urlFrom(folder: string, file: string): string {
  const path = relative(folder, resolve(file)).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
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
