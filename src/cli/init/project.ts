import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { shortPath } from '../../ground/errors.ts'
import { isObject } from '../../ground/object.ts'
import { tried } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { Misuse, misuse } from '../flags.ts'

/* Properties of the project that `init` writes into, and the one file that it extends. */

const SCHEMA = 'node_modules/vitest-arazzo/schemas/arazzo.v1.json'

/** The folder and those around it, the innermost first. */
function foldersFrom(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersFrom(above)]
}

/** Address of the schema of Arazzo documents for editors, relative to a document in this folder. */
export function schemaAddress(folder: string): string {
  const found = foldersFrom(folder).find(one => existsSync(join(one, SCHEMA))) ?? folder
  return urlFrom(folder, join(found, SCHEMA))
}

/** Packages to install before tests run: Vitest and this package, if they are missing. */
export function missingPackages(folder: string): string[] {
  const isThere = (name: string) =>
    foldersFrom(folder).some(one => existsSync(join(one, 'node_modules', name, 'package.json')))
  return ['vitest', 'vitest-arazzo'].filter(name => !isThere(name))
}

const LOCKS = { 'pnpm-lock.yaml': 'pnpm add -D', 'yarn.lock': 'yarn add -D', 'bun.lock': 'bun add -d' } as const

/** How the project's package manager adds packages for development. */
export function installCommand(folder: string): string {
  for (const one of foldersFrom(folder))
    for (const [lock, command] of Object.entries(LOCKS)) if (existsSync(join(one, lock))) return command
  return 'npm install --save-dev'
}

/** Command that runs the tests of a folder, from here. */
export const runIn = (folder: string): string =>
  `npx vitest run${folder === process.cwd() ? '' : ` --root ${shortPath(folder)}`}`

/** The nearest package.json of a folder; otherwise that of a module. */
function manifestNear(folder: string): Record<string, unknown> {
  const file = foldersFrom(folder)
    .map(one => join(one, 'package.json'))
    .find(one => existsSync(one))
  const manifest: unknown =
    file === undefined ? { type: 'module' } : tried(() => JSON.parse(readFileSync(file, 'utf8')))
  return isObject(manifest) ? manifest : {}
}

/** Scripts of the nearest package.json. */
export function scriptsIn(folder: string): Record<string, unknown> {
  const { scripts } = manifestNear(folder)
  return isObject(scripts) ? scripts : {}
}

/** How a script of package.json starts the application: `npm start`; undefined where none does. */
export function startScript(folder: string): string | undefined {
  const scripts = scriptsIn(folder)
  if ('start' in scripts) return 'npm start'
  const found = ['serve', 'dev'].find(name => name in scripts)
  return found && `npm run ${found}`
}

/**
 * Name of the Vitest configuration: `vitest.config.mts` in a package whose `.ts` files are CommonJS, where Vite would
 * warn about each `import` in it.
 */
export const configName = (folder: string): string =>
  manifestNear(folder).type === 'module' ? 'vitest.config.ts' : 'vitest.config.mts'

/** Name of a folder's own configuration; undefined if it does not exist. */
export function configurationIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  return readdirSync(folder).find(name => /^vite(st)?\.config\.[cm]?[jt]s$/.test(name))
}

const PLACES = ['.', 'api', 'docs', 'spec', 'openapi'] as const

/** OpenAPI files at the usual places, relative to the folder. */
export function openApiFiles(folder: string): string[] {
  return PLACES.flatMap(place => {
    const at = join(folder, place)
    if (!existsSync(at)) return []
    const names = readdirSync(at, { withFileTypes: true }).filter(entry => entry.isFile())
    const texts = names.map(({ name }) => join(place, name)).filter(path => /\.(ya?ml|json)$/i.test(path))
    return texts.filter(path => isOpenApi(join(folder, path))).map(path => path.split(sep).join('/'))
  })
}

function isOpenApi(file: string): boolean {
  if (/package(-lock)?\.json$/.test(basename(file))) return false
  return /^\s*\{?\s*["']?(openapi|swagger)["']?\s*:/m.test(readFileSync(file, 'utf8').slice(0, 4_000))
}

/** Folders that runs write, and that belong to no commit. */
export const WRITTEN = ['.vitest-arazzo/', '.vitest-attachments/']

/** Adds what runs write to `.gitignore`, but for what is ignored already; returns the lines that were added. */
export function ignoreWritten(folder: string): string[] {
  const all = foldersFrom(folder)
  const root = all.findIndex(one => existsSync(join(one, '.git')))
  const bare = (line: string) => line.trim().replace(/^(\*\*)?\/|\/$/g, '')
  const textOf = (one: string) => {
    const file = join(one, '.gitignore')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  const ignored = new Set(all.slice(0, root + 1 || 1).flatMap(one => textOf(one).split('\n').map(bare)))
  const added = WRITTEN.filter(line => !ignored.has(bare(line)))
  if (added.length === 0) return []
  const own = textOf(folder)
  const gap = own === '' || own.endsWith('\n') ? '' : '\n'
  appendFileSync(join(folder, '.gitignore'), `${gap}${added.map(line => `${line}\n`).join('')}`)
  return added
}

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
    throw misuse('write', 'the first files', message, 'Make the folder writable, or use --output.')
  }
}

/** Names of devices on Windows, also with an extension. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)\d)$/

/** File name for a text: 60 characters at most, because file systems limit names to 255 bytes. */
export const fileName = (text: string): string =>
  wordsOf(text).toLowerCase().slice(0, 60).replace(/-+$/, '').replace(DEVICE, '$&-api')

/** Path of a file from a folder, as in URLs: `./openapi.yaml`; the `file:` URL of a file on another drive. */
export function urlFrom(folder: string, file: string): string {
  const way = relative(folder, resolve(file))
  if (isAbsolute(way)) return pathToFileURL(way).href
  const path = way.split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}

/** Throws Misuse where something else than a folder is at its place. */
export function assertFolder(folder: string): void {
  if (!existsSync(folder) || statSync(folder).isDirectory()) return
  throw misuse('write', 'the first files', `${shortPath(folder)} is not a folder`, 'Use --output.')
}

export function taken(names: readonly string[]): Misuse {
  const found = `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} there already`
  return misuse('write', 'the first files', found, 'Use --output.')
}
