import { randomUUID } from 'node:crypto'
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { Misuse } from '../flags.ts'

/**
 * Writes files into a folder: all of them or none, each whole, and never over what is there, be it written meanwhile.
 * Throws Misuse, with what keeps them from being written.
 *
 * @param texts by the names of the files.
 */
export function writeNew(folder: string, texts: Readonly<Record<string, string>>): void {
  assertFolder(folder)
  const written: string[] = []
  try {
    const there = Object.keys(texts).filter(name => lstatSync(join(folder, name), { throwIfNoEntry: false }))
    if (there.length > 0) throw taken(there)
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(texts)) {
      placeNew(join(folder, name), text)
      written.push(name)
    }
  } catch (error) {
    if (error instanceof Misuse) throw error
    for (const name of written) rmSync(join(folder, name), { force: true })
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw taken([Object.keys(texts)[written.length]!])
    throw new Misuse(failed('write', 'the first files', message, 'Make the folder writable, or use --output.'))
  }
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

/** Beside it first: a link appears with all of its text, and only where nothing is. */
function placeNew(path: string, text: string): void {
  const beside = `${path}.${randomUUID().slice(0, 8)}.tmp`
  try {
    writeFileSync(beside, text, { flag: 'wx' })
    try {
      linkSync(beside, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
      // Some file systems have no links.
      copyFileSync(beside, path, constants.COPYFILE_EXCL)
    }
  } finally {
    rmSync(beside, { force: true })
  }
}
