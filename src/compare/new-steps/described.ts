import type { ArazzoDocument } from '../../document/model.ts'
import { readOpenApi } from '../../document/openapi/read.ts'
import { stepOf } from './places.ts'
import type { Tries } from './tries.ts'

/** Path in base of a file of head; undefined if it is not there. */
export type FileOfBase = (file: string) => string | undefined

/** Whether base's own OpenAPI file describes the operation of a step; undefined if it cannot be read. */
export function isDescribedOnBase(
  document: ArazzoDocument,
  place: Tries,
  fileOfBase: FileOfBase | undefined,
): boolean | undefined {
  const target = stepOf(document, place)?.target
  const source = target?.kind === 'operation' ? document.sources[target.source] : undefined
  if (target?.kind !== 'operation' || source?.type !== 'openapi') return undefined
  const file = fileOfBase?.(source.openapi.file)
  const described = file === undefined ? undefined : readOpenApi(file).api?.description.operations
  const { method, path } = target.operation
  return described?.some(one => one.method === method && withoutNames(one.path) === withoutNames(path))
}

const withoutNames = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}')
