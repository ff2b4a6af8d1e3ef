import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unescapeToken } from '../ground/pointer.ts'
import { decoded, tried } from '../ground/tried.ts'
import type { ArazzoDocument, OpenApiDescription, Operation, SchemaPlace, Source } from './model.ts'
import { has, isRaw, text } from './raw.ts'

/**
 * A document as it is sent to another thread or process: of its OpenAPI descriptions, which may have 10,000 schemas,
 * only those that the operations of its steps lead to, each where it stands in its file.
 */
export function asUsed(document: ArazzoDocument): ArazzoDocument {
  return copyOf(document, new Map(), new Map())
}

/** Documents may refer to one another in circles, and share a description. */
function copyOf(
  document: ArazzoDocument,
  documents: Map<ArazzoDocument, ArazzoDocument>,
  descriptions: Map<OpenApiDescription, OpenApiDescription>,
): ArazzoDocument {
  const known = documents.get(document)
  if (known) return known
  const sources: Record<string, Source> = {}
  const copy = { ...document, sources }
  documents.set(document, copy)
  for (const [name, source] of Object.entries(document.sources)) {
    if (source.type === 'arazzo') sources[name] = { ...source, arazzo: copyOf(source.arazzo, documents, descriptions) }
    else if (source.type === 'asyncapi') sources[name] = source
    else {
      const openapi = descriptions.get(source.openapi) ?? { ...source.openapi, documents: usedOf(source.openapi) }
      descriptions.set(source.openapi, openapi)
      sources[name] = { ...source, openapi }
    }
  }
  return copy
}

/** Returns whole files if the references cannot be resolved without them. */
function usedOf({ documents, operations }: OpenApiDescription): OpenApiDescription['documents'] {
  const reach = new Reach(documents)
  return operations.flatMap(placesOf).every(place => reach.addPlace(place)) ? reach.parts() : documents
}

function placesOf({ parameters, requestBody, responses }: Operation): SchemaPlace[] {
  const all = Object.values(responses)
  const content = [...(requestBody?.content ?? []), ...all.flatMap(({ content }) => content)]
  const holders = [...parameters, ...content, ...all.flatMap(({ headers }) => Object.values(headers))]
  return holders.flatMap(({ schema }) => schema ?? [])
}

/** A place in a file; all that is within it is used, or only members of it. */
interface Mark {
  isWhole: boolean
  readonly members: Map<string, Mark>
}

const mark = (): Mark => ({ isWhole: false, members: new Map() })

/** Longest chain of references on the way to a place. */
const LONGEST = 100

/**
 * Collects the parts of files that are referenced. Every `$ref` is followed, as in schema validation. Keeping more than
 * is needed does no harm.
 */
class Reach {
  readonly #documents: OpenApiDescription['documents']
  readonly #marks = new Map<string, Mark>()
  /** Values that were searched, by the file that their references are relative to. */
  readonly #seen = new Map<string, Set<unknown>>()
  readonly #pending: { readonly file: string; readonly value: unknown }[] = []

  constructor(documents: OpenApiDescription['documents']) {
    this.#documents = documents
    for (const file of Object.keys(documents)) {
      this.#marks.set(file, mark())
      this.#seen.set(file, new Set())
    }
  }

  /** False where names of schemas (`$id`, anchors) decide what leads where. */
  addPlace({ file, pointer, schema }: SchemaPlace): boolean {
    if (!this.#keep(file, tokensOf(pointer))) return false
    // The value there may have been converted (OpenAPI 2.0).
    this.#pending.push({ file, value: schema })
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) if (!this.#lookThrough(next)) return false
    return true
  }

  /** Parts of each file that were kept. */
  parts(): Record<string, unknown> {
    return Object.fromEntries([...this.#marks].map(([file, kept]) => [file, partOf(this.#documents[file], kept)]))
  }

  #lookThrough({ file, value }: { file: string; value: unknown }): boolean {
    const seen = this.#seen.get(file)
    if (typeof value !== 'object' || value === null || !seen || seen.has(value)) return true
    seen.add(value)
    if (isRaw(value)) {
      if (isNamed(value)) return false
      const reference = text(value, '$ref')
      if (reference !== undefined && !this.#refer(reference, file, [])) return false
    }
    for (const member of Object.values(value)) this.#pending.push({ file, value: member })
    return true
  }

  #refer(reference: string, from: string, rest: readonly string[], depth = 0): boolean {
    const [path = '', fragment = ''] = reference.split(/#(.*)/s)
    if (fragment !== '' && !fragment.startsWith('/')) return false
    const file = path === '' ? from : this.#fileOf(path, from)
    return file !== undefined && this.#keep(file, [...tokensOf(decoded(fragment)), ...rest], depth)
  }

  #fileOf(path: string, from: string): string | undefined {
    const folder = dirname(from)
    const files = [
      path.startsWith('file:') ? tried(() => fileURLToPath(path)) : undefined,
      resolve(folder, path),
      resolve(folder, decoded(path)),
    ]
    return files.find(file => file !== undefined && Object.hasOwn(this.#documents, file))
  }

  /** Keeps the value at a place and the path to it. A missing place is missing in the whole file too. */
  #keep(file: string, tokens: readonly string[], depth = 0): boolean {
    const whole = this.#marks.get(file)
    if (whole === undefined) return true
    let kept: Mark = whole
    let value = this.#documents[file]
    for (const [index, token] of tokens.entries()) {
      if (isRaw(value)) {
        if (isNamed(value)) return false
        const reference = text(value, '$ref')
        if (!has(value, token) && reference !== undefined) {
          kept.isWhole = true
          return depth < LONGEST && this.#refer(reference, file, tokens.slice(index), depth + 1)
        }
      }
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return true
      // Lists are kept whole, so that their items keep their numbers.
      if (Array.isArray(value)) kept.isWhole = true
      const next: Mark = kept.members.get(token) ?? mark()
      kept.members.set(token, next)
      kept = next
      value = (value as Record<string, unknown>)[token]
    }
    kept.isWhole = true
    this.#pending.push({ file, value })
    return true
  }
}

/** Whether a schema has a name, or refers to one by its name. Source: JSON Schema 2020-12, Core 8.2. */
const isNamed = (value: Readonly<Record<string, unknown>>) =>
  ['$id', '$anchor', '$dynamicAnchor', '$dynamicRef'].some(keyword => text(value, keyword) !== undefined)

const tokensOf = (pointer: string) => pointer.split('/').slice(1).map(unescapeToken)

function partOf(value: unknown, { isWhole, members }: Mark): unknown {
  if (isWhole || !isRaw(value)) return value
  return Object.fromEntries([...members].map(([name, kept]) => [name, partOf(value[name], kept)]))
}
