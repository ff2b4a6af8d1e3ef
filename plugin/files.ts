import { documentName } from '../src/document/names.ts'
import { builtFile } from '../src/load/run/worker-file.ts'

/** The documents, for Vitest's `include`. */
export const documents = '**/*.arazzo.{yaml,yml,json}'

/** Matches a path, or the name under which the plugin has a JSON document loaded. */
export const documentId = new RegExp(`${documentName.source}(?:#arazzo)?$`)
export const isDocument = (id: string): boolean => documentId.test(id)

/** File of the built package. */
export const ours = (name: string): string =>
  builtFile(name, { verb: 'find', thing: 'a part of this package' }, import.meta.url)
