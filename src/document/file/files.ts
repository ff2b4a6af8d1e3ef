import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { suggestion } from '../../ground/errors.ts'
import { tried } from '../../ground/tried.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'
import { baseUriOf } from './base-uri.ts'
import { selvesIn } from './find-self.ts'
import { parseFile, type SourceFile } from './source-file.ts'

/** Why a file could not be read, as the end of a sentence. */
export interface Unreadable {
  readonly found: string
  readonly hint?: string
}

/** The files of one reading: each is read once, and all that were looked for are remembered. */
export interface Files {
  read(file: string): SourceFile | Unreadable
  exists(file: string): boolean
  /** The file that calls itself so (`$self`): one that was read, else one beside those. */
  withSelf(uri: string): string | undefined
  /** Absolute paths in the order in which they were asked for; grows as files are read. */
  readonly asked: readonly string[]
}

export const isUnreadable = (read: SourceFile | Unreadable): read is Unreadable => 'found' in read

/**
 * `onRead` is called once for each file that was read.
 *
 * @param unwritten texts of files that are still to be written, by their absolute paths.
 */
export function createFiles(
  onRead: (source: SourceFile) => void,
  unwritten: ReadonlyMap<string, string> = new Map(),
): Files {
  const read = new Map<string, SourceFile | Unreadable>()
  const asked: string[] = []
  const folders = new Map<string, Map<string, string>>()
  const files: Files = {
    asked,
    read(path) {
      const file = resolve(path)
      const known = read.get(file)
      if (known) return known
      asked.push(file)
      const text = unwritten.get(file)
      const result = text === undefined ? load(file) : parseFile(file, text)
      read.set(file, result)
      if (!isUnreadable(result)) onRead(result)
      return result
    },
    exists: path => !isUnreadable(files.read(path)),
    withSelf(uri) {
      const known = [...read.values()].flatMap(source => (isUnreadable(source) ? [] : [source]))
      const found = known.find(source => baseUriOf(source) === uri)
      if (found) return found.file
      for (const folder of new Set(known.map(source => dirname(source.file)))) {
        const selves = folders.get(folder) ?? selvesIn(folder)
        folders.set(folder, selves)
        const file = selves.get(uri)
        if (file !== undefined) return file
      }
      return undefined
    },
  }
  return files
}

/** A description of 13 MB is the largest that was met; parsing takes up to twenty times its size. */
const LARGEST: Bytes = 64_000_000

function load(file: string): SourceFile | Unreadable {
  let bytes: Uint8Array
  try {
    const stats = statSync(file)
    if (!stats.isFile() && !stats.isDirectory())
      return { found: 'it is a device, a pipe or a socket', hint: 'Name a file.' }
    if (stats.size > LARGEST)
      return { found: `it has ${formatBytes(stats.size)}, and no more than ${formatBytes(LARGEST)} are read` }
    bytes = readFileSync(file)
  } catch (error) {
    return unreadable(file, error as NodeJS.ErrnoException)
  }
  const text = decode(bytes)
  return typeof text === 'string' ? parseCached(file, text) : text
}

/**
 * Parsing is most of the cost of reading, and a project's documents share their OpenAPI files. What was parsed last is
 * kept, up to this many characters in all, and is taken again while the file's text is the same. It takes six times
 * its text.
 */
const KEPT = 32_000_000
const parsed = new Map<string, SourceFile>()
/** Of the texts of all that is kept. */
let size = 0

function parseCached(file: string, text: string): SourceFile {
  const known = parsed.get(file)
  const source = known?.text === text ? known : parseFile(file, text)
  if (known !== undefined) forget(known)
  parsed.set(file, source)
  size += text.length
  for (const oldest of parsed.values()) {
    if (size <= KEPT || oldest === source) break
    forget(oldest)
  }
  return source

  function forget(kept: SourceFile): void {
    parsed.delete(kept.file)
    size -= kept.text.length
  }
}

function decode(bytes: Uint8Array): string | Unreadable {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { found: 'it is UTF-16', hint: 'Save it as UTF-8.' }
  }
  try {
    // Removes a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const before = new TextDecoder().decode(bytes).split('\uFFFD')[0]!
    return { found: `it is not UTF-8 (line ${before.split('\n').length})`, hint: 'Save it as UTF-8.' }
  }
}

function unreadable(file: string, error: NodeJS.ErrnoException): Unreadable {
  if (error.code === 'EISDIR') return { found: 'it is a directory', hint: 'Name a file in it.' }
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
    return { found: `it cannot be read (${error.code ?? error.message})` }
  return { found: 'there is no such file', hint: suggestion(basename(file), siblings(file)) }
}

function siblings(file: string): string[] {
  return tried(() => readdirSync(dirname(file))) ?? []
}
