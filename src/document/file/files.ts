import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Location, suggestion } from '../../ground/errors.ts'
import { unescapeToken } from '../../ground/pointer.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'
import type { Problems } from '../problems.ts'
import { isRaw, text } from '../raw.ts'
import { parseFile, placeOf, placeOfKey, type SourceFile } from './source-file.ts'

/** Why a file could not be read, as the end of a sentence. */
export interface Unreadable {
  readonly found: string
  readonly hint?: string
}

/** The files of one reading: each is read once, and all that were looked for are remembered. */
export interface Files {
  read(file: string): SourceFile | Unreadable
  exists(file: string): boolean
  /** Returns the file with this `$self`: a file that was read, or one next to those. */
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

/** An unreadable file is always an error. Warnings about oddities apply only to Arazzo documents. */
export function addFaults({ file, faults, locate }: SourceFile, problems: Problems): void {
  const report = problems.about(`read ${basename(file)}`)
  for (const { offset, code, severity, found, hint } of faults)
    if (severity === 'error') report.firm(code, locate(offset), { found, hint })
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
/** Total size of the texts that are kept. */
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
  return { found: 'there is no such file', hint: suggestion(basename(file), namesIn(dirname(file))) }
}

const namesIn = (folder: string): string[] => tried(() => readdirSync(folder)) ?? []

const LARGEST_LOOKED_AT = 2_000_000
const MOST_FILES = 500
const SELF = /["']?\$self["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|([^\s,#}]+))/

/**
 * Files of a folder by their `$self`, as absolute URIs. Files are searched as text, because a folder may contain files
 * that have nothing to do with the document.
 */
function selvesIn(folder: string): Map<string, string> {
  const selves = new Map<string, string>()
  const documents = namesIn(folder).filter(name => /\.(?:ya?ml|json)$/i.test(name))
  for (const file of documents.slice(0, MOST_FILES).map(name => join(folder, name))) {
    const text = tried(() => (statSync(file).size > LARGEST_LOOKED_AT ? '' : readFileSync(file, 'utf8')))
    const found = SELF.exec(text ?? '')
    const self = found?.[1] ?? found?.[2] ?? found?.[3]
    const uri = self === undefined ? undefined : resolveUri(self, pathToFileURL(file).href)
    if (uri !== undefined && !selves.has(uri)) selves.set(uri, file)
  }
  return selves
}

/**
 * Base URI of a file's relative references, and its address for others: its `$self`, resolved against the file's
 * location, or that location. Sources: Arazzo 1.1.0, "Establishing the Base URI"; RFC 3986, 5.1.
 */
export function baseUriOf({ file, value }: Pick<SourceFile, 'file' | 'value'>): string {
  const place = pathToFileURL(file).href
  const self = isRaw(value) ? text(value, '$self') : undefined
  return (self !== undefined && resolveUri(self, place)) || place
}

/** A reference as an absolute URI without its fragment; `undefined` when it is not a URI. */
export function resolveUri(reference: string, base: string): string | undefined {
  if (!URL.canParse(reference, base)) return undefined
  const url = new URL(reference, base)
  url.hash = ''
  return url.href
}

/** The tokens of the JSON Pointer in a URI's fragment, which may be percent-encoded: `/paths/~1pets~1%7Bid%7D`. */
export function tokensOf(fragment: string): string[] {
  return fragment
    .split('/')
    .slice(1)
    .map(token => unescapeToken(decoded(token)))
}

/** The path of a `file:` URL; undefined when it names another machine. */
export const fileOfUrl = (url: string): string | undefined =>
  tried(() => (new URL(url).host === '' ? fileURLToPath(url) : undefined))

/** Returns a member of an object or an item of a list. A missing one is reported with a suggestion. */
export function step(value: unknown, token: string): { value: unknown } | Unreadable {
  if (Array.isArray(value) && /^(?:0|[1-9]\d*)$/.test(token) && Number(token) < value.length) {
    return { value: value[Number(token)] }
  }
  if (isRaw(value) && Object.hasOwn(value, token)) return { value: value[token] }
  const hint = isRaw(value) ? suggestion(token, Object.keys(value)) : undefined
  return { found: `there is no "${token}"`, hint }
}

/**
 * Target of a JSON Pointer in a YAML or JSON file, as far as there is something on its way; undefined where the file
 * cannot be read.
 */
export function locate(file: string, pointer: string): Location | undefined {
  const source = createFiles(() => {}).read(file)
  if (isUnreadable(source) || !isHolder(source.value)) return undefined
  let place = placeOf(source.value)
  let at: unknown = source.value
  for (const token of pointer.split('/').slice(1).map(unescapeToken)) {
    if (!isHolder(at)) break
    const next = step(at, token)
    if ('found' in next) break
    place = placeOfKey(at, token)
    at = next.value
  }
  return place
}

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null
