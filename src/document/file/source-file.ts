import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import {
  impreciseNumber,
  Lines,
  type MemberNumbers,
  type MemberOffsets,
  Members,
  Offsets,
  type OnCollection,
  type ParsedText,
  type YamlFault,
} from './parsed-text.ts'
import { parseYaml } from './yaml.ts'

/** A YAML or JSON file that was read. Its objects and arrays remember where they stand, see `placeOf` and its kin. */
export interface SourceFile extends Pick<ParsedText, 'value' | 'faults' | 'offsets'> {
  /** Absolute path. */
  readonly file: string
  readonly text: string
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
export const fileOf = (value: object): SourceFile => originOf(value).source

/** The object or array that holds this one. */
export const parentOf = (value: object): object | undefined => originOf(value).parent

/** The JSON Pointer of an object in its file. */
export function pointerOf(value: object): string {
  const { parent, key } = originOf(value)
  return parent ? `${pointerOf(parent)}/${escapeToken(String(key))}` : ''
}

/** Start of an object. */
export function placeOf(value: object): Location {
  const { source, collection } = originOf(value)
  return source.locate(source.offsets.start(collection))
}

/**
 * Position of a member's key; for an item of a list, or a missing member, the place where the item or the object
 * begins.
 */
export function placeOfKey(parent: object, key: string | number): Location {
  const found = offsetsOf(parent, key)
  return found ? fileOf(parent).locate(found.key ?? found.value) : placeOf(parent)
}

/** Position of a member's value. */
export function placeOfValue(parent: object, key: string | number): Location {
  const found = offsetsOf(parent, key)
  return found ? fileOf(parent).locate(found.value) : placeOf(parent)
}

/** Position of the character at `offset` of a member's text: inside its quotes, in the right line of a block. */
export function placeInside(parent: object, key: string | number, offset: number): Location {
  const { text: start } = offsetsOf(parent, key) ?? {}
  const value = (parent as Record<string | number, unknown>)[key]
  if (start === undefined || typeof value !== 'string') return placeOfValue(parent, key)
  const { locate, text } = fileOf(parent)
  return locate(offsetInText(text, { start, value, style: STYLES[text[start]!] ?? 'plain' }, offset))
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

const positions = new WeakMap<object, ReadonlyMap<string, number>>()

/** Members that are looked through each time. */
const FEW = 30

/** Positions of many members are stored once, so that 100,000 look-ups do not each search all members. */
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

/** A text as it is written in the file. */
interface ScalarText {
  readonly start: number
  readonly value: string
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded'
}

/**
 * Offset in the file of the character at `offset` of a text's value. It accounts for quotes, escapes, folded line
 * breaks and indentation. Returns the start of the text if the offset cannot be determined.
 */
function offsetInText(text: string, scalar: ScalarText, offset: number): number {
  const { start, value, style } = scalar
  const isBlock = style === 'literal' || style === 'folded'
  const begin = isBlock ? text.indexOf('\n', start) + 1 : start + (style === 'plain' ? 0 : 1)
  if (offset === 0 && !isBlock) return begin
  const places = placesOf(text, scalar, begin)
  const last = value.replace(/\n+$/, '').length - 1
  return places?.[offset] ?? (places?.[last] ?? start - 1) + 1
}

/** Blanks and line breaks, also those that a backslash escapes. */
const BLANKS = /(?:[ \t\r\n]|\\(?=\r?\n))*/y
const isBlank = (char: string | undefined) => char !== undefined && ' \t\r\n'.includes(char)
/** Digits of the escapes that have some. */
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * The place in the file of each unit of a text's value. The file is read again along with the value that the YAML
 * parser has made: the next character stands behind any blanks, be they indentation, folded line breaks or a part of
 * the value. Undefined if another character stands there.
 */
function placesOf(text: string, { value, style }: ScalarText, begin: number): number[] | undefined {
  const places: number[] = []
  let at = begin
  for (const char of value) {
    if (!isBlank(char)) {
      BLANKS.lastIndex = at
      at += BLANKS.exec(text)![0].length
    }
    const isEscaped = style === 'double' && text[at] === '\\'
    if (!isBlank(char) && !isEscaped && !text.startsWith(char, at)) return undefined
    for (let unit = 0; unit < char.length; unit++) places.push(isEscaped ? at : at + unit)
    if (isEscaped) at += 2 + (DIGITS[text[at + 1]!] ?? 0)
    else if (style === 'single' && char === "'") at += 2
    else if (!isBlank(char) || isBlank(text[at])) at += char.length
  }
  return places
}

/** Deeper nesting is left to the YAML parser, which refuses it. */
const DEEPEST = 500

/**
 * Parses JSON with the places of its members, twenty times as fast as the YAML parser. Returns undefined for invalid
 * JSON and for duplicate names, whose faults the YAML parser reports.
 */
export function parseJson(text: string, onCollection: OnCollection): ParsedText | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  const reader = new JsonReader(text, onCollection)
  try {
    const value = reader.whole()
    return { value, faults: reader.faults, lines: new Lines(text), offsets: reader.offsets }
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

class NotJson extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORDS = { t: ['true', true], f: ['false', false], n: ['null', null] } as const

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d]

class JsonReader {
  readonly faults: YamlFault[] = []
  readonly offsets = new Offsets()
  readonly #text: string
  readonly #onCollection: OnCollection
  #at = 0

  constructor(text: string, onCollection: OnCollection) {
    this.#text = text
    this.#onCollection = onCollection
  }

  whole(): unknown {
    this.#blank()
    const value = this.#value(undefined, '', 0)
    this.#blank()
    if (this.#at < this.#text.length) throw new NotJson()
    return value
  }

  #value(parent: object | undefined, key: string | number, depth: number): unknown {
    const code = this.#text.charCodeAt(this.#at)
    if (code === QUOTE) return this.#string()
    if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (depth === DEEPEST) throw new NotJson()
      return code === OPEN_LIST ? this.#list(parent, key, depth + 1) : this.#object(parent, key, depth + 1)
    }
    const word = this.#word()
    return word === undefined ? this.#number() : word
  }

  #object(parent: object | undefined, key: string | number, depth: number): object {
    const start = this.#at++
    const members = new Members()
    const { value } = members
    this.#blank()
    if (this.#isNext(CLOSE_OBJECT)) return this.#noted(value, [], start, parent, key)
    do {
      this.#blank()
      const at = this.#at
      const name = this.#string()
      if (members.has(name)) throw new NotJson()
      this.#blank()
      this.#expect(COLON)
      this.#blank()
      const from = this.#at
      const member = this.#value(value, name, depth)
      members.set(name, member, numbersOf(at, from, member))
      this.#blank()
    } while (this.#isNext(COMMA))
    this.#expect(CLOSE_OBJECT)
    return this.#noted(value, members.inOwnOrder(), start, parent, key)
  }

  #list(parent: object | undefined, key: string | number, depth: number): unknown[] {
    const start = this.#at++
    const value: unknown[] = []
    const members: MemberNumbers[] = []
    this.#blank()
    if (this.#isNext(CLOSE_LIST)) return this.#noted(value, members, start, parent, key)
    do {
      this.#blank()
      const from = this.#at
      const item = this.#value(value, value.length, depth)
      value.push(item)
      members.push(numbersOf(-1, from, item))
      this.#blank()
    } while (this.#isNext(COMMA))
    this.#expect(CLOSE_LIST)
    return this.#noted(value, members, start, parent, key)
  }

  #noted<T extends object>(
    value: T,
    members: readonly MemberNumbers[],
    start: number,
    parent: object | undefined,
    key: string | number,
  ): T {
    this.#onCollection(value, parent, key, this.offsets.add(start, members))
    return value
  }

  #string(): string {
    this.#expect(QUOTE)
    const text = this.#text
    const start = this.#at
    let isEscaped = false
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#at = at + 1
        return isEscaped ? unescaped(text.slice(start - 1, at + 1)) : text.slice(start, at)
      }
      if (code < 0x20) break
      if (code !== BACKSLASH) continue
      isEscaped = true
      at++
    }
    throw new NotJson()
  }

  /** `true`, `false` or `null`; undefined where something else stands. */
  #word(): boolean | null | undefined {
    const [word, value] = WORDS[this.#text[this.#at] as keyof typeof WORDS] ?? []
    if (word === undefined) return undefined
    if (!this.#text.startsWith(word, this.#at)) throw new NotJson()
    this.#at += word.length
    return value
  }

  #number(): number {
    NUMBER.lastIndex = this.#at
    const [source] = NUMBER.exec(this.#text) ?? []
    if (source === undefined) throw new NotJson()
    const value = Number(source)
    const fault = impreciseNumber(value, source, this.#at)
    if (fault) this.faults.push(fault)
    this.#at += source.length
    return value
  }

  #blank(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #isNext(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at++
    return true
  }

  #expect(code: number): void {
    if (!this.#isNext(code)) throw new NotJson()
  }
}

const numbersOf = (key: number, from: number, value: unknown): MemberNumbers => [
  key,
  from,
  typeof value === 'string' ? from : -1,
]

function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw new NotJson()
  }
}
