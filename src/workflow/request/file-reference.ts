import { readFileSync, realpathSync } from 'node:fs'
import { basename, extname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Template } from '../../expression/ast.ts'

/** A file as a value of a request. */
export class FileContent {
  readonly name: string
  readonly bytes: Uint8Array

  constructor(name: string, bytes: Uint8Array) {
    this.name = name
    this.bytes = bytes
  }

  /** By its extension. */
  get mediaType(): string {
    return MEDIA_TYPES[extname(this.name).slice(1).toLowerCase()] ?? 'application/octet-stream'
  }
}

export const isFileReference = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith('file:')

/**
 * Files that requests refer to: `file:./cat.png`, relative to the workflow's document, where the description says that
 * bytes belong. What the document itself names may stand anywhere; a reference that came about in a run (an input, something out
 * of a response) only leads to files beside or below the document, so that no server can ask for others. Each file
 * is read once.
 */
export class FileReferences {
  readonly #folder: string
  readonly #written = new Set<string>()
  readonly #known = new Map<string, FileContent>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Notes what a payload of the document itself names, anywhere in it. */
  trust(template: Template): void {
    switch (template.kind) {
      case 'literal':
        this.#trustValue(template.value)
        break
      case 'array':
        for (const item of template.items) this.trust(item)
        break
      case 'object':
        for (const [, member] of template.members) this.trust(member)
    }
  }

  #trustValue(value: unknown): void {
    if (isFileReference(value)) this.#written.add(value)
    else if (typeof value === 'object' && value !== null)
      for (const item of Object.values(value)) this.#trustValue(item)
  }

  /** Throws an Error in one line: what was found. */
  read(reference: string): FileContent {
    const known = this.#known.get(reference)
    if (known) return known
    const path = reference.startsWith('file://')
      ? fileURLToPath(reference)
      : resolve(this.#folder, reference.slice('file:'.length))
    if (!this.#written.has(reference)) this.#assertBelow(path)
    const content = new FileContent(basename(path), readFileSync(path))
    this.#known.set(reference, content)
    return content
  }

  #assertBelow(path: string): void {
    const folder = realpathSync(this.#folder)
    if (!realpathSync(path).startsWith(folder + sep)) throw new Error(`it is not below ${folder}`)
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
