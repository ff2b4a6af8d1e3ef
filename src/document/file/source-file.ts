import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { offsetInText } from './scalar-offset.ts'
import { type Collection, memberText, parseYaml, startOf } from './yaml.ts'
import type { YamlFault } from './yaml-fault.ts'

/** A YAML or JSON file that was read. Its objects and arrays remember where they stand, see `placeOf` and its kin. */
export interface SourceFile {
  /** Absolute path. */
  readonly file: string
  readonly text: string
  /** `undefined` when the text could not be read. */
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  locate(offset: number): Location
}

interface Origin {
  readonly source: SourceFile
  readonly node: Collection
  /** The collection that holds this one; absent for a file's outermost value. */
  readonly parent?: object
  readonly key: string | number
}

const origins = new WeakMap<object, Origin>()

export function parseFile(file: string, text: string): SourceFile {
  const source = { file, text, value: undefined as unknown, faults: [] as readonly YamlFault[], locate }
  const { value, faults, lines } = parseYaml(text, (collection, node, parent, key) => {
    origins.set(collection, { source, node, parent, key })
  })
  function locate(offset: number): Location {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  return Object.assign(source, { value, faults })
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
  const { source, node } = originOf(value)
  return source.locate(startOf(node))
}

/**
 * Where a member's key stands; for an item of a list, or a member that is not there, where the item or the object
 * begins.
 */
export function placeOfKey(parent: object, key: string | number): Location {
  const { source, node } = originOf(parent)
  const found = memberText(node, key)
  return source.locate(found ? (found.key ?? found.value) : startOf(node))
}

/** Where a member's value stands. */
export function placeOfValue(parent: object, key: string | number): Location {
  const { source, node } = originOf(parent)
  return source.locate(memberText(node, key)?.value ?? startOf(node))
}

/** Where the character at `offset` of a member's text stands: inside its quotes, in the right line of a block. */
export function placeInside(parent: object, key: string | number, offset: number): Location {
  const { source, node } = originOf(parent)
  const found = memberText(node, key)
  if (!found?.scalar) return placeOfValue(parent, key)
  return source.locate(offsetInText(source.text, found.scalar, offset))
}

function originOf(value: object): Origin {
  const origin = origins.get(value)
  if (!origin) throw new TypeError('Failed to locate a value: it was not read from a file.')
  return origin
}
