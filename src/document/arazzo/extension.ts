import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Extension } from '../model.ts'
import type { Raw } from '../raw.ts'

/** The `x-` fields of an object. */
export function readExtensions(raw: Raw): Record<string, Extension> {
  const names = Object.keys(raw).filter(name => name.startsWith('x-'))
  return Object.fromEntries(
    names.map(name => [name, { value: raw[name], at: placeOfKey(raw, name), places: placesIn(raw, name) }]),
  )
}

function placesIn(owner: Raw, name: string): Record<string, Location> {
  const places: Record<string, Location> = { '': placeOfValue(owner, name) }
  const open = new Set<object>()
  const visit = (value: unknown, pointer: string) => {
    if (typeof value !== 'object' || value === null || open.has(value)) return
    open.add(value)
    for (const [key, inner] of Object.entries(value)) {
      const below = `${pointer}/${escapeToken(key)}`
      places[below] = placeOfValue(value, Array.isArray(value) ? Number(key) : key)
      visit(inner, below)
    }
    open.delete(value)
  }
  visit(owner[name], '')
  return places
}
