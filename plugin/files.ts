import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { documentName } from '../src/document/names.ts'

/** The documents, for Vitest's `include`. */
export const documents = '**/*.arazzo.{yaml,yml,json}'

/** Matches a path, or the name under which the plugin has a JSON document loaded. */
export const documentId = new RegExp(`${documentName.source}(?:#arazzo)?$`)
export const isDocument = (id: string): boolean => documentId.test(id)

/** File of the built package, next to the bundle of this module. */
export const ours = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url))

export const ourFolder: string = dirname(ours('plugin.js'))
