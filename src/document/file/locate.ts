import type { Location } from '../../ground/errors.ts'
import { unescapeToken } from '../../ground/pointer.ts'
import { createFiles, isUnreadable } from './files.ts'
import { step } from './pointer.ts'
import { placeOf, placeOfKey } from './source-file.ts'

/**
 * Where a JSON Pointer leads in a YAML or JSON file, as far as there is something on its way; undefined where the file
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
