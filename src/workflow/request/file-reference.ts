import { realpathSync } from 'node:fs'
import { basename, extname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Template } from '../../expression/ast.ts'
import { reachable, readNamed } from '../../ground/reach.ts'

/** A file as a value of a request. */
export class FileContent {
  readonly name: string
  readonly bytes: Uint8Array

  constructor(name: string, bytes: Uint8Array) {
    this.name = name
    this.bytes = bytes
  }

  /** Media type by its extension. */
  get mediaType(): string {
    return MEDIA_TYPES[extname(this.name).slice(1).toLowerCase()] ?? 'application/octet-stream'
  }
}

export const isFileReference = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith('file:')

/** A file that a response names. */
export class ForeignReference extends Error {
  readonly advice = 'Name the file in the document or in an input.'

  constructor(reference: string) {
    super(`${reference} came in a response, and only the document and its inputs may name files`)
  }
}

/** Files that a run may send in addition to those that its documents name. One per plan. */
export class FileRules {
  /** Whether any request may hold a file. */
  isUsed = false
  readonly #given = new Set<string>()
  #noted: unknown

  /** Notes the file references among the inputs of a run, which its user has named. */
  note(inputs: Readonly<Record<string, unknown>>): void {
    if (!this.isUsed || inputs === this.#noted) return
    this.#noted = inputs
    for (const reference of referencesIn(inputs)) this.#given.add(reference)
  }

  isGiven(reference: string): boolean {
    return this.#given.has(reference)
  }
}

function* referencesIn(value: unknown): Generator<string> {
  if (isFileReference(value)) yield value
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    for (const item of Object.values(value)) yield* referencesIn(item)
}

/**
 * Files in requests: `file:./cat.png`, relative to the workflow's document, if the description expects bytes. A path in
 * the document may lead anywhere. A path in an input stays next to or below the document, and names no dot-file:
 * a setup may have it from a response. A response names no file, so that a server cannot request one. Each file is
 * read once.
 */
export class FileReferences {
  readonly #folder: string
  readonly #rules: FileRules
  readonly #written = new Set<string>()
  readonly #known = new Map<string, FileContent>()

  constructor(folder: string, rules: FileRules) {
    this.#folder = folder
    this.#rules = rules
  }

  /** Notes what a payload of the document itself names, anywhere in it. */
  trust(template: Template): void {
    switch (template.kind) {
      case 'literal':
        for (const reference of referencesIn(template.value)) this.#written.add(reference)
        break
      case 'array':
        for (const item of template.items) this.trust(item)
        break
      case 'object':
        for (const [, member] of template.members) this.trust(member)
    }
  }

  /** Throws an Error in one line: what was found. */
  read(reference: string): FileContent {
    const known = this.#known.get(reference)
    if (known) return known
    const path = this.#pathOf(reference)
    const content = new FileContent(basename(path), readNamed(path))
    this.#known.set(reference, content)
    return content
  }

  #pathOf(reference: string): string {
    const isWritten = this.#written.has(reference)
    if (!isWritten && !this.#rules.isGiven(reference)) throw new ForeignReference(reference)
    const path = reference.startsWith('file://')
      ? fileURLToPath(reference)
      : resolve(this.#folder, reference.slice('file:'.length))
    reachable(path)
    if (isWritten) return path
    const folder = realpathSync(this.#folder)
    // A look at another place may be one at another machine (Windows).
    const real = [this.#folder, folder].some(top => path.startsWith(top + sep)) ? realpathSync(path) : path
    if (!real.startsWith(folder + sep)) throw new Error(`it is not below ${folder}`)
    if (real.slice(folder.length).includes(`${sep}.`)) throw new Error('only the document may name a dot-file')
    return path
  }
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bin: 'application/octet-stream',
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  gz: 'application/gzip',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
}
