import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Range,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { isObject } from '../../ground/object.ts'
import {
  impreciseNumber,
  Lines,
  type MemberNumbers,
  Members,
  Offsets,
  type OnCollection,
  type ParsedText,
  type YamlFault,
} from './parsed-text.ts'

/** How many values aliases may repeat before a text is refused. */
const REPEATED_VALUES = 100_000

/**
 * Reads YAML 1.2 with merge keys, or JSON. Collects what is wrong instead of throwing.
 *
 * @param usual length of the parts, in characters, in which a large text is read.
 */
export function parseYaml(text: string, onCollection: OnCollection, usual = USUAL): ParsedText {
  const parts = partsOf(text, usual)
  return (parts && inParts(text, parts, onCollection)) ?? asWhole(text, onCollection)
}

function asWhole(text: string, onCollection: OnCollection): ParsedText {
  const lines = new Lines(text)
  const document = documentOf(text)
  const errors = [...document.errors, ...repeatedKeys(document.contents)].sort((a, b) => a.pos[0] - b.pos[0])
  const faults = [
    ...syntaxFaults(errors, text, offset => lines.placeOf(offset).line),
    ...document.warnings.map(unresolvedTag),
  ]
  const composer = new Values(onCollection, text)
  const { offsets } = composer
  if (document.errors.length > 0) return { value: undefined, faults, lines, offsets }
  const value = composer.read(document.contents, undefined, '')
  return { value: composer.refused ? undefined : value, faults: [...faults, ...composer.faults], lines, offsets }
}

/** An error or warning of the YAML parser. */
interface YamlError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

/** One mistake often makes several errors on its line; the first says what it is. */
function syntaxFaults(errors: readonly YamlError[], text: string, lineOf: (offset: number) => number): YamlFault[] {
  const seen = new Set<number>()
  const lines = text.split('\n')
  return errors.flatMap(error => {
    const line = lineOf(error.pos[0])
    if (seen.has(line)) return []
    seen.add(line)
    return [syntaxFault(error, lines[line - 1] ?? '')]
  })
}

function syntaxFault(error: YamlError, line: string): YamlFault {
  const found = FOUND[error.code] ?? wordsOf(error)
  // `{$inputs.id}/x`: YAML takes a value that begins with a brace for a mapping.
  const unquoted = /[:-]\s+\{\$/.test(line)
  const hint = unquoted ? 'Put a value that begins with {$ in quotes.' : HINTS[error.code]
  return { code: 'invalid-yaml', severity: 'error', offset: error.pos[0], found, hint }
}

/** The words of the package `yaml`, to go on behind a colon. */
const wordsOf = ({ message }: YamlError) => message[0]!.toLowerCase() + message.slice(1)

const FOUND: Readonly<Record<string, string | undefined>> = {
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  MULTIPLE_DOCS: 'it holds more than one document',
  NON_STRING_KEY: 'this key is not text',
  DUPLICATE_KEY: 'the mapping has this key already',
}

const HINTS: Readonly<Record<string, string | undefined>> = {
  BAD_SCALAR_START: 'Put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a value that contains ": " in quotes, or correct the indentation.',
  MULTILINE_IMPLICIT_KEY: 'Put the value in quotes, or correct the indentation.',
  DUPLICATE_KEY: 'Remove one of the two.',
  TAB_AS_INDENT: 'Indent with spaces.',
  MULTIPLE_DOCS: 'Keep one document a file.',
  BAD_INDENT: 'Correct the indentation.',
  UNEXPECTED_TOKEN: 'Put the value in quotes if this belongs to it.',
}

function unresolvedTag(warning: YamlError): YamlFault {
  return {
    code: 'unresolved-tag',
    severity: 'warning',
    offset: warning.pos[0],
    found: wordsOf(warning),
    hint: 'Remove it: only the tags of JSON are known.',
  }
}

/**
 * Reads a large text part by part, because the parser's nodes take thirty times the memory of their values. Returns
 * undefined if a part is invalid or needs the whole text.
 */
function inParts(text: string, parts: readonly Part[], onCollection: OnCollection): ParsedText | undefined {
  const composer = new Values(onCollection, text)
  const members = composer.readParts(parts, undefined, '')
  if (members === undefined || composer.faults.some(({ severity }) => severity === 'error')) return undefined
  const isOfTag = ({ code }: YamlFault) => code === 'unresolved-tag'
  const faults = [...composer.faults.filter(isOfTag), ...composer.faults.filter(fault => !isOfTag(fault))]
  return { value: members.value, faults, lines: new Lines(text), offsets: composer.offsets }
}

function documentOf(text: string) {
  return parseDocument(text, {
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    resolveKnownTags: false,
    // The parser compares each key with all before it. Ours are looked up, see `repeatedKeys`.
    uniqueKeys: false,
  })
}

type Node = Alias | Scalar | YAMLMap | YAMLSeq

const startOf = (node: { range?: Range | null }): number => node.range?.[0] ?? 0

/** Keys that stand in a mapping for a second time, in the terms of the parser's errors. */
function repeatedKeys(root: unknown): YamlError[] {
  const found: YamlError[] = []
  const pending = [root]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (isSeq(node)) for (const item of node.items) pending.push(item)
    if (!isMap(node)) continue
    const names = new Set<string>()
    for (const { key, value } of node.items as Pair<Node, Node>[]) {
      pending.push(value ?? null)
      // A key that is not a scalar has been reported as one that is not text.
      if (!isScalar(key)) continue
      const [name, at] = [String(key.value ?? ''), startOf(key)]
      if (names.has(name)) found.push({ code: 'DUPLICATE_KEY', message: '', pos: [at, at] })
      names.add(name)
    }
  }
  return found
}

const keyOf = (pair: Pair) => String((pair.key as Scalar).value ?? '')
const isMerge = (pair: Pair) => (pair.key as Scalar).source === '<<' && (pair.key as Scalar).type === 'PLAIN'

/** Makes the values of a document. */
class Values {
  readonly faults: YamlFault[] = []
  readonly offsets = new Offsets()
  refused = false
  readonly #text: string
  readonly #onCollection: OnCollection
  readonly #anchors = new Map<string, { node: Node; base: number; value: unknown; size: number; open: boolean }>()
  /** Numbers of the collections that may be merged into others. */
  readonly #mergeable: Map<unknown, number> | undefined
  /** Offset of the nodes' text in the whole. */
  #base = 0
  #size = 0
  #repeated = 0

  constructor(onCollection: OnCollection, text: string) {
    this.#onCollection = onCollection
    this.#text = text
    this.#mergeable = text.includes('<<') ? new Map() : undefined
  }

  /** The mapping that parts are members of, and where it begins; undefined where one is no part of a mapping. */
  readParts(
    parts: readonly Part[],
    parent: object | undefined,
    key: string | number,
  ): { value: object; start: number } | undefined {
    const members = new Members()
    const { value } = members
    let start = -1
    for (const { from, to, within } of parts) {
      this.#base = from
      const map = this.#partOf(this.#text.slice(from, to))
      if (map === undefined) return undefined
      if (start < 0) start = this.#at(map)
      for (const pair of map.items as Pair[]) {
        const [name, numbers] = [keyOf(pair), this.#numbersOf(pair)]
        if (isMerge(pair) || members.has(name)) return undefined
        const inner = within && this.readParts(within, value, name)
        if (within && !inner) return undefined
        if (inner) members.set(name, inner.value, [numbers[0], inner.start, -1])
        else members.set(name, this.read(pair.value, value, name), numbers)
      }
    }
    this.#note(value, start, members.inOwnOrder(), parent, key)
    return { value, start }
  }

  #partOf(text: string): YAMLMap | undefined {
    const { contents, errors, warnings } = documentOf(text)
    for (const warning of warnings) {
      const fault = unresolvedTag(warning)
      this.faults.push({ ...fault, offset: this.#base + fault.offset })
    }
    const isPart = errors.length === 0 && isMap(contents) && !contents.flow && repeatedKeys(contents).length === 0
    return isPart ? contents : undefined
  }

  read(node: unknown, parent: object | undefined, key: string | number): unknown {
    this.#size++
    if (isAlias(node)) return this.#alias(node)
    if (isMap(node)) {
      const members = new Members()
      return this.#anchored(node, members.value, () => this.#map(node, members, parent, key))
    }
    if (isSeq(node)) return this.#anchored(node, [] as unknown[], value => this.#sequence(node, value, parent, key))
    if (!isScalar(node)) return null
    this.#checkNumber(node)
    return this.#anchored(node, node.value, () => {})
  }

  #anchored<T>(node: Node, value: T, fill: (value: T) => void): T {
    const anchor = 'anchor' in node ? node.anchor : undefined
    if (!anchor) {
      fill(value)
      return value
    }
    const entry = { node, base: this.#base, value, size: this.#size, open: true }
    this.#anchors.set(anchor, entry)
    fill(value)
    entry.size = this.#size - entry.size + 1
    entry.open = false
    return value
  }

  #alias(node: Alias): unknown {
    const entry = this.#anchors.get(node.source)
    const refuse = (found: string, hint: string) => {
      this.faults.push({ code: 'invalid-yaml', severity: 'error', offset: this.#at(node), found, hint })
      return null
    }
    if (!entry) {
      return refuse(
        `nothing before this is anchored as &${node.source}`,
        `Write &${node.source} before the value it stands for, or quote this text.`,
      )
    }
    if (entry.open) return refuse(`&${node.source} contains itself`, 'Write the value out, or use a $ref.')
    this.#size += entry.size
    this.#repeated += entry.size
    if (this.#repeated > REPEATED_VALUES && !this.refused) {
      this.refused = true
      refuse(
        `aliases repeat more than ${REPEATED_VALUES.toLocaleString('en')} values`,
        'Write fewer aliases of aliases.',
      )
    }
    return entry.value
  }

  #map(node: YAMLMap, members: Members, parent: object | undefined, key: string | number): void {
    const { value } = members
    const merged: object[] = []
    for (const pair of node.items as Pair[]) {
      const name = keyOf(pair)
      const member = this.read(pair.value, value, name)
      if (isMerge(pair)) merged.push(...this.#mergeableOf(pair, member))
      else members.set(name, member, this.#numbersOf(pair))
    }
    for (const source of merged) {
      const collection = this.#mergeable!.get(source)!
      for (const [position, [name, member]] of Object.entries(source).entries())
        if (!members.has(name)) members.set(name, member, this.offsets.numbers(collection, position))
    }
    this.#note(value, this.#at(node), members.inOwnOrder(), parent, key)
  }

  #mergeableOf(pair: Pair, member: unknown): object[] {
    const sources = Array.isArray(member) ? member : [member]
    if (sources.every(isObject)) return sources
    const found = 'a merge key (<<) takes a mapping or a list of mappings'
    this.faults.push({ code: 'invalid-yaml', severity: 'error', offset: this.#at(pair.key as Node), found })
    return []
  }

  #sequence(node: YAMLSeq, value: unknown[], parent: object | undefined, key: string | number): void {
    const numbers: MemberNumbers[] = []
    for (const [index, item] of (node.items as Node[]).entries()) {
      value.push(this.read(item, value, index))
      numbers.push([-1, this.#at(item), this.#textOf(item)])
    }
    this.#note(value, this.#at(node), numbers, parent, key)
  }

  #note(
    value: object,
    start: number,
    members: readonly MemberNumbers[],
    parent: object | undefined,
    key: string | number,
  ): void {
    const collection = this.offsets.add(start, members)
    this.#mergeable?.set(value, collection)
    this.#onCollection(value, parent, key, collection)
  }

  #at(node: { range?: Range | null }): number {
    return this.#base + startOf(node)
  }

  #numbersOf({ key, value }: Pair): MemberNumbers {
    const [from, node] = [this.#at(key as Node), value as Node | null]
    // `key:` with nothing behind it: the key is the better place to point at.
    const isEmpty = !node || (isScalar(node) && node.range?.[0] === node.range?.[1])
    return [from, isEmpty ? from : this.#at(node), this.#textOf(node)]
  }

  /** Start of a text; of an alias, that of its target. -1 for other values. */
  #textOf(node: Node | null): number {
    const entry = isAlias(node) ? this.#anchors.get(node.source) : undefined
    const [target, base] = entry ? [entry.node, entry.base] : [node, this.#base]
    return isScalar(target) && typeof target.value === 'string' && target.range ? base + target.range[0] : -1
  }

  #checkNumber(node: Scalar): void {
    const { value, source } = node
    const fault = typeof value === 'number' ? impreciseNumber(value, source ?? '', this.#at(node)) : undefined
    if (fault) this.faults.push(fault)
  }
}

/** Plain values as YAML 1.2, in the order of their members, each written out. Ends with a line break. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 110, aliasDuplicateObjects: false })
}

/** A part of a large text: members of one block mapping, in whole lines. */
interface Part {
  readonly from: number
  readonly to: number
  /** Parts of the mapping that its one key, which is all of this part, has as its value. */
  readonly within?: readonly Part[]
}

/** Length of parts, in characters, where their members are not longer. */
const USUAL = 10_000
/** A text of fewer parts is read as a whole. */
const FEW = 50

/** End of a document or start of the next one; or a byte order mark, which is one only where a text begins. */
const MARKER = /^(?:---|\.\.\.|%|\ufeff)/m

/**
 * Splits a large YAML text into parts that are read one after another. Only indentation is checked, so a part may be
 * invalid: a valid text has valid parts, or parts that fail, but never parts with another meaning. Returns undefined if
 * the text is small, has several documents, or does not begin with a block mapping.
 */
export function partsOf(text: string, usual: number): readonly Part[] | undefined {
  if (text.length < FEW * usual) return undefined
  const from = /^(?:[ \t]*(?:#.*)?\r?\n)*---[ \t]*\r?\n/.exec(text)?.[0].length ?? 0
  if (MARKER.test(text.slice(from))) return undefined
  const parts = split(text, from, text.length, 0, usual)
  return parts.length > 1 || parts[0]?.within ? parts : undefined
}

/** A line whose value, if it has one, is on the lines below. */
const HEAD = /^ *(?:[\w/][^\s"'#:]*|"[^"\\\n]*"|'[^'\n]*'):[ \t]*\r?\n/

/** @param least indentation that the members of the mapping have. */
function split(text: string, from: number, to: number, least: number, usual: number): Part[] {
  const indent = indentOf(text, from, to)
  if (indent === undefined || indent < least) return [{ from, to }]
  const begins = memberLines(text, from, to, indent)
  const parts: Part[] = []
  let start = from
  for (const [index, begin] of begins.entries()) {
    const end = begins[index + 1] ?? to
    if (end - begin > usual) {
      if (begin > start) parts.push({ from: start, to: begin })
      parts.push(large(text, begin, end, indent, usual))
      start = end
    } else if (end - start > usual) {
      parts.push({ from: start, to: end })
      start = end
    }
  }
  if (start < to) parts.push({ from: start, to })
  return parts
}

/** A member that is larger than a part is meant to be: by the parts of its value, where that is a block mapping. */
function large(text: string, from: number, to: number, indent: number, usual: number): Part {
  const head = HEAD.exec(text.slice(from, from + 1_000))?.[0]
  if (head === undefined) return { from, to }
  const within = split(text, from + head.length, to, indent + 1, usual)
  return within.length > 1 || within[0]?.within ? { from, to: from + head.length, within } : { from, to }
}

/** The indentation of the first line that holds anything, where that may be a member's. */
function indentOf(text: string, from: number, to: number): number | undefined {
  for (let at = from; at < to; at = lineAfter(text, at, to)) {
    const [, blanks = '', first = ''] = /^( *)(\S?)/.exec(text.slice(at, at + 1_000)) ?? []
    if (first !== '' && first !== '#') return /[\w/"']/.test(first) ? blanks.length : undefined
  }
  return undefined
}

/** Starts of the lines with exactly this indentation, which may begin a member. */
function memberLines(text: string, from: number, to: number, indent: number): number[] {
  const found: number[] = []
  const blanks = ' '.repeat(indent)
  for (let at = from; at < to; at = lineAfter(text, at, to))
    if (text.startsWith(blanks, at) && /[\w/"']/.test(text[at + indent] ?? '')) found.push(at)
  return found
}

function lineAfter(text: string, at: number, to: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 || end >= to ? to : end + 1
}
