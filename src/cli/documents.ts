import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Operation } from '../document/model.ts'
import { documentName } from '../document/names.ts'
import { type ReadOpenApi, readOpenApi } from '../document/openapi/description.ts'
import type { Raw } from '../document/raw.ts'
import { readUnwritten } from '../document/read.ts'
import { ArazzoError, errorsAmong } from '../ground/errors.ts'
import { pointerThrough } from '../ground/pointer.ts'
import { filesBelow } from './files-below.ts'
import { type Flags, type FlagTable, misuse, pair } from './flags.ts'

/** The flag of commands that read documents. */
export const sourceFlag: FlagTable = {
  source: { value: 'name=file', text: 'the file to read for a source description', isList: true },
}

/** The files of sources by their names, absolute: on the command line a path is relative to the working folder. */
export function sourceFiles(flags: Flags): Record<string, string> {
  return Object.fromEntries(
    flags.list('source').map(written => {
      const [name, file] = pair('source', written)
      return [name, resolve(file)]
    }),
  )
}

/** An OpenAPI file. Throws ArazzoError where it cannot be used. */
export function openApiIn(file: string): ReadOpenApi {
  const { api, problems } = readOpenApi(file)
  const errors = errorsAmong(problems)
  if (api === undefined || errors.length > 0) throw new ArazzoError(errors)
  return api
}

/**
 * Checks a document before it is written. As JSON this takes a fraction of the time for its YAML. Throws ArazzoError
 * for one that cannot be run: the fault is the command's.
 *
 * @param values of the document, and of other new files, by name.
 */
export async function assertWritable(folder: string, name: string, values: Record<string, unknown>): Promise<void> {
  const texts = Object.entries(values).map(([name, value]) => [join(folder, name), JSON.stringify(value)] as const)
  const { problems } = await readUnwritten(join(folder, name), new Map(texts))
  const errors = errorsAmong(problems)
  if (errors.length > 0) throw new ArazzoError(errors)
}

/** How a document names an operation of its source: by its id where that is the only one, else by its path. */
export function operationName(operation: Operation, all: readonly Operation[], source: string): Raw {
  const { operationId, method, path } = operation
  const isOnly = all.filter(other => other.operationId === operationId).length === 1
  if (operationId !== undefined && isOnly) return { operationId }
  const pointer = pointerThrough(['paths', path, method.toLowerCase()])
  return { operationPath: `{$sourceDescriptions.${source}.url}#${pointer}` }
}

/** The documents that operands name, files or folders; without any those below here. Throws Misuse for none. */
export function documentsOf(operands: readonly string[]): string[] {
  const missing = operands.filter(operand => !existsSync(operand))
  if (missing.length > 0) {
    const found = `there is no ${missing.join(', ')}`
    throw misuse('find', missing.length === 1 ? 'a document' : 'documents', found, 'Correct the path.')
  }
  const places = operands.length > 0 ? operands : ['.']
  const files = places.flatMap(place => (statSync(place).isDirectory() ? documentsBelow(place) : [place]))
  if (files.length > 0) return files
  const found = `there is no *.arazzo.yaml, .yml or .json below ${places.join(', ')}`
  throw misuse('find', 'documents', found, 'Name a file.')
}

const SKIPPED = new Set(['node_modules', 'dist', '.git'])

/** Documents below a folder, in the order of their paths. */
export const documentsBelow = (folder: string): string[] => filesBelow(folder, SKIPPED, isDocumentFile)

const whole = new RegExp(`${documentName.source}$`)

/** Whether a file is a document, by its name. */
const isDocumentFile = (path: string): boolean => whole.test(path)
