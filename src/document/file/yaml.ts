import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Range,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { isObject } from '../../ground/object.ts'
import { syntaxFaults, unresolvedTag, type YamlError, type YamlFault } from './yaml-fault.ts'

/** A mapping or a sequence as it stands in the text. */
export type Collection = YAMLMap | YAMLSeq

/** A scalar in the text: where it is written, and how. */
export interface ScalarText {
  readonly start: number
  readonly end: number
  readonly value: string
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded'
}

export interface YamlText {
  /** Plain values. The same anchor gives the same object; `undefined` when the text is not YAML. */
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  readonly lines: LineCounter
}

/** Called for each mapping and sequence once, when its value has been made and before it is filled. */
export type OnCollection = (value: object, node: Collection, parent: object | undefined, key: string | number) => void

/** How many values aliases may repeat before a text is refused. */
const REPEATED_VALUES = 100_000

/** Reads YAML 1.2 with merge keys, or JSON. Collects what is wrong instead of throwing. */
export function parseYaml(text: string, onCollection: OnCollection): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    resolveKnownTags: false,
    // The parser compares each key with all before it. Ours are looked up, see `repeatedKeys`.
    uniqueKeys: false,
  })
  const errors = [...document.errors, ...repeatedKeys(document.contents)]
  const faults = [
    ...syntaxFaults(
      errors.sort((a, b) => a.pos[0] - b.pos[0]),
      text,
      offset => lines.linePos(offset).line,
    ),
    ...document.warnings.map(unresolvedTag),
  ]
  if (document.errors.length > 0) return { value: undefined, faults, lines }
  const composer = new Values(onCollection)
  const value = composer.read(document.contents, undefined, '')
  return { value: composer.refused ? undefined : value, faults: [...faults, ...composer.faults], lines }
}

/**
 * Where a member stands: its key, its value, and the value's text when that is a scalar. Merged members are found too.
 */
export function memberText(
  collection: Collection,
  key: string | number,
): { key?: number; value: number; scalar?: ScalarText } | undefined {
  if (isSeq(collection)) {
    const item = collection.items[Number(key)] as Node | undefined
    return item && { value: startOf(item), scalar: scalarText(item) }
  }
  const pair = pairOf(collection, String(key))
  if (!pair) return undefined
  const from = startOf(pair.key as Node)
  const value = pair.value as Node | null
  // `key:` with nothing behind it: the key is the better place to point at.
  const empty = !value || (isScalar(value) && value.range?.[0] === value.range?.[1])
  return { key: from, value: empty ? from : startOf(value), scalar: value ? scalarText(value) : undefined }
}

export function startOf(node: { range?: Range | null }): number {
  return node.range?.[0] ?? 0
}

type Node = Alias | Scalar | YAMLMap | YAMLSeq

const aliased = new WeakMap<Alias, Node>()

function scalarText(node: Node): ScalarText | undefined {
  const target = isAlias(node) ? aliased.get(node) : node
  if (!isScalar(target) || typeof target.value !== 'string' || !target.range) return undefined
  return {
    start: target.range[0],
    end: target.range[1],
    value: target.value,
    style: STYLES[target.type ?? ''] ?? 'plain',
  }
}

const STYLES: Readonly<Record<string, ScalarText['style']>> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
}

interface Members {
  /** The first of each name. */
  readonly own: ReadonlyMap<string, Pair>
  readonly merged: readonly Pair[]
}

const members = new WeakMap<YAMLMap, Members>()

/** Made once for a mapping: whoever looks at each of 100,000 members must not look through all for each. */
function membersOf(map: YAMLMap): Members {
  const known = members.get(map)
  if (known) return known
  const own = new Map<string, Pair>()
  const merged: Pair[] = []
  for (const pair of map.items) {
    if (isMerge(pair)) merged.push(pair)
    else if (!own.has(keyOf(pair))) own.set(keyOf(pair), pair)
  }
  members.set(map, { own, merged })
  return { own, merged }
}

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

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  const { own, merged } = membersOf(map)
  const found = own.get(key)
  if (found) return found
  for (const pair of merged) {
    for (const source of mergedMaps(pair.value as Node | null)) {
      const found = pairOf(source, key)
      if (found) return found
    }
  }
  return undefined
}

function mergedMaps(node: Node | null): YAMLMap[] {
  const target = isAlias(node) ? aliased.get(node) : node
  if (isMap(target)) return [target]
  return isSeq(target) ? target.items.flatMap(item => mergedMaps(item as Node)) : []
}

const keyOf = (pair: Pair) => String((pair.key as Scalar).value ?? '')
const isMerge = (pair: Pair) => (pair.key as Scalar).source === '<<' && (pair.key as Scalar).type === 'PLAIN'

/** Makes the values of a document. */
class Values {
  readonly faults: YamlFault[] = []
  refused = false
  readonly #onCollection: OnCollection
  readonly #anchors = new Map<string, { node: Node; value: unknown; size: number; open: boolean }>()
  #size = 0
  #repeated = 0

  constructor(onCollection: OnCollection) {
    this.#onCollection = onCollection
  }

  read(node: unknown, parent: object | undefined, key: string | number): unknown {
    this.#size++
    if (isAlias(node)) return this.#alias(node)
    if (isMap(node)) return this.#anchored(node, {}, value => this.#map(node, value, parent, key))
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
    const entry = { node, value, size: this.#size, open: true }
    this.#anchors.set(anchor, entry)
    fill(value)
    entry.size = this.#size - entry.size + 1
    entry.open = false
    return value
  }

  #alias(node: Alias): unknown {
    const entry = this.#anchors.get(node.source)
    const refuse = (found: string, hint: string) => {
      this.faults.push({ code: 'invalid-yaml', severity: 'error', offset: startOf(node), found, hint })
      return null
    }
    if (!entry) {
      return refuse(
        `nothing before this is anchored as &${node.source}`,
        `Write &${node.source} before the value it stands for, or quote this text.`,
      )
    }
    if (entry.open) return refuse(`&${node.source} contains itself`, 'Write the value out, or use a $ref.')
    aliased.set(node, entry.node)
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

  #map(node: YAMLMap, value: Record<string, unknown>, parent: object | undefined, key: string | number): void {
    this.#onCollection(value, node, parent, key)
    const merged: unknown[] = []
    for (const pair of node.items) {
      const name = keyOf(pair)
      const member = this.read(pair.value, value, name)
      if (isMerge(pair)) merged.push(...this.#mergeable(pair, member))
      else define(value, name, member)
    }
    for (const source of merged) {
      for (const [name, member] of Object.entries(source as object)) {
        if (!Object.hasOwn(value, name)) define(value, name, member)
      }
    }
  }

  #mergeable(pair: Pair, member: unknown): unknown[] {
    const sources = Array.isArray(member) ? member : [member]
    if (sources.every(isObject)) return sources
    const found = 'a merge key (<<) takes a mapping or a list of mappings'
    this.faults.push({ code: 'invalid-yaml', severity: 'error', offset: startOf(pair.key as Node), found })
    return []
  }

  #sequence(node: YAMLSeq, value: unknown[], parent: object | undefined, key: string | number): void {
    this.#onCollection(value, node, parent, key)
    for (const [index, item] of node.items.entries()) value.push(this.read(item, value, index))
  }

  #checkNumber(node: Scalar): void {
    const { value, source } = node
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(source ?? '')) return
    this.faults.push({
      code: 'imprecise-number',
      severity: 'warning',
      offset: startOf(node),
      found: `${source} has more digits than a number can hold and is read as ${value}`,
      hint: `Write it as text: "${source}".`,
    })
  }
}

/** Sets a member whatever its name; `__proto__` is a name like any other. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  else target[name] = value
}

/** Plain values as YAML 1.2, in the order of their members. Ends with a line break. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 110 })
}
