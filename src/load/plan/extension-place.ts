import type { Extension } from '../../document/model.ts'
import type { Location } from '../../ground/errors.ts'

/**
 * Where something of an extension stands, by its JSON Pointer; where that is not written down, the nearest thing around
 * it.
 */
export function placeWithin(extension: Extension, pointer: string): Location {
  const { places, at } = extension
  if (pointer === '') return places[''] ?? at
  return places[pointer] ?? placeWithin(extension, pointer.slice(0, pointer.lastIndexOf('/')))
}
