import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { parseJson } from './json.ts'
import type { MemberOffsets, Offsets } from './offsets.ts'
import type { OnCollection } from './parsed-text.ts'
import { offsetInText, type ScalarText } from './scalar-offset.ts'
import { parseYaml } from './yaml.ts'
import type { YamlFault } from './yaml-fault.ts'

/** A YAML or JSON file that was read. Its objects and arrays remember where they stand, see `placeOf` and its kin. */
export interface SourceFile {
  /** Absolute path. */
  readonly file: string
  readonly text: string
  /** `undefined` when the text could not be read. */
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  /** Where its collections stand. */
  readonly offsets: Offsets
  locate(offset: number): Location
}

interface Origin {
  readonly source: SourceFile
  /** Its number among the offsets. */
  readonly collection: number
  /** The collection that holds this one; absent for a file's outermost value. */
  readonly parent?: object
  readonly key: string | number
}

const origins = new WeakMap<object, Origin>()

export function parseFile(file: string, text: string): SourceFile {
  const source = { file, text } as { -readonly [Field in keyof SourceFile]: SourceFile[Field] }
  const onCollection: OnCollection = (value, parent, key, collection) => {
    origins.set(value, { source, collection, parent, key })
  }
  const { value, faults, offsets, lines } = parseJson(text, onCollection) ?? parseYaml(text, onCollection)
  const locate = (offset: number): Location => ({ file, ...lines.placeOf(offset) })
  return Object.assign(source, { value, faults, offsets, locate })
}

/** The file that an object was read from. */
export function fileOf(value: object): SourceFile {
  return originOf(value).source
}

/** The object or array that holds this one. */
export function parentOf(value: object): object | undefined {
  return originOf(value).parent
}

/** The JSON Pointer of an object in its file. */
export function pointerOf(value: object): string {
  const { parent, key } = originOf(value)
  return parent ? `${pointerOf(parent)}/${escapeToken(String(key))}` : ''
}

/** Where an object begins. */
export function placeOf(value: object): Location {
  const { source, collection } = originOf(value)
  return source.locate(source.offsets.start(collection))
}

/**
 * Where a member's key stands; for an item of a list, or a member that is not there, where the item or the object
 * begins.
 */
export function placeOfKey(parent: object, key: string | number): Location {
  const found = offsetsOf(parent, key)
  return found ? fileOf(parent).locate(found.key ?? found.value) : placeOf(parent)
}

/** Where a member's value stands. */
export function placeOfValue(parent: object, key: string | number): Location {
  const found = offsetsOf(parent, key)
  return found ? fileOf(parent).locate(found.value) : placeOf(parent)
}

/** Where the character at `offset` of a member's text stands: inside its quotes, in the right line of a block. */
export function placeInside(parent: object, key: string | number, offset: number): Location {
  const { text: written } = offsetsOf(parent, key) ?? {}
  const value = (parent as Record<string | number, unknown>)[key]
  if (written === undefined || typeof value !== 'string') return placeOfValue(parent, key)
  const { locate, text } = fileOf(parent)
  return locate(offsetInText(text, { ...written, value, style: styleAt(text, written.start) }, offset))
}

function offsetsOf(parent: object, key: string | number): MemberOffsets | undefined {
  const { source, collection } = originOf(parent)
  const position = positionOf(parent, key)
  return position === undefined ? undefined : source.offsets.member(collection, position)
}

const STYLES: Readonly<Record<string, ScalarText['style']>> = {
  "'": 'single',
  '"': 'double',
  '|': 'literal',
  '>': 'folded',
}

const styleAt = (text: string, start: number) => STYLES[text[start]!] ?? 'plain'

const positions = new WeakMap<object, ReadonlyMap<string, number>>()

/** Members that are looked through each time. */
const FEW = 30

/** Of many members, noted once: whoever looks at each of 100,000 must not look through all for each. */
function positionOf(parent: object, key: string | number): number | undefined {
  if (Array.isArray(parent)) return Number(key) < parent.length ? Number(key) : undefined
  const known = positions.get(parent)
  if (known) return known.get(String(key))
  const names = Object.keys(parent)
  if (names.length > FEW) positions.set(parent, new Map(names.map((name, position) => [name, position])))
  const position = names.indexOf(String(key))
  return position < 0 ? undefined : position
}

function originOf(value: object): Origin {
  const origin = origins.get(value)
  if (!origin) throw new TypeError('Failed to locate a value: it was not read from a file.')
  return origin
}
