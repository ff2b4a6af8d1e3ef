import { tried } from '../ground/tried.ts'
import type { ArazzoDocument, OpenApiDescription, Operation, SchemaPlace, Source } from './model.ts'
import { isRaw, objectsWithin, type Raw, text } from './raw.ts'
import { SchemaPlaces } from './schema-places.ts'

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

/**
 * The parts of the files that the schemas of operations lead to: every `$ref` is followed, as in schema validation.
 * Whole files if names of schemas (`$id`, anchors) decide what leads where. Keeping more than is needed does no harm.
 */
function usedOf(description: OpenApiDescription): OpenApiDescription['documents'] {
  const { documents, operations } = description
  const places = SchemaPlaces.of(description)
  const { passed } = places
  const used = new Set<unknown>()
  const pending = operations.flatMap(placesOf).map(place => places.at(place))
  // A list visits items that are added during the iteration.
  for (const { value, resource, parent } of pending) {
    if (resource.root !== resource.whole) return documents
    if (used.has(value)) continue
    used.add(isRaw(value) ? value : parent?.value)
    for (const schema of objectsWithin(value)) {
      if (isNamed(schema)) return documents
      const reference = text(schema, '$ref')
      const target = reference && tried(() => places.resolve(reference, { value: schema, resource }))
      if (target) pending.push(target)
    }
  }
  const parts = new Map<object, unknown>()
  return Object.fromEntries(Object.entries(documents).map(([file, root]) => [file, partOf(root) ?? {}]))

  /** Parts of a value that are used, with the way to them. Lists are kept whole, so that items keep their numbers. */
  function partOf(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return undefined
    if (used.has(value) || passed.has(value)) return value
    if (parts.has(value)) return parts.get(value)
    const kept = Object.entries(value).flatMap(([name, member]) => {
      const part = partOf(member)
      return part === undefined ? [] : [[name, part] as const]
    })
    const part = Array.isArray(value) ? value : Object.fromEntries(kept)
    parts.set(value, kept.length === 0 ? undefined : part)
    return parts.get(value)
  }
}

function placesOf({ parameters, requestBody, responses }: Operation): SchemaPlace[] {
  const all = Object.values(responses)
  const content = [...(requestBody?.content ?? []), ...all.flatMap(({ content }) => content)]
  const holders = [...parameters, ...content, ...all.flatMap(({ headers }) => Object.values(headers))]
  return holders.flatMap(({ schema }) => schema ?? [])
}

/** Whether a schema has a name, or refers to one by its name. Source: JSON Schema 2020-12, Core 8.2. */
const isNamed = (value: Raw) =>
  ['$id', '$anchor', '$dynamicAnchor', '$dynamicRef'].some(keyword => text(value, keyword) !== undefined)
