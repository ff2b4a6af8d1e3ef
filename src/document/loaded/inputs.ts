import { tokensOf } from '../file/pointer.ts'
import { CIRCLE, isUnresolved, type References, unresolved } from '../file/references.ts'
import { pointerOf } from '../file/source-file.ts'
import type { JsonSchema } from '../model.ts'
import type { Finding, Problems } from '../problems.ts'
import { isRaw, member, object, type Raw, text } from '../raw.ts'

/** Keywords whose values are data, not schemas. */
const DATA = new Set(['const', 'default', 'enum', 'examples'])
/** Keywords whose values have schemas by name: there, `default` or `$id` is the name of a property. */
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])
/** Names of schemas: what is inlined under several places must not be named twice. */
const IDENTITY = new Set(['$id', '$anchor', '$dynamicAnchor'])
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'])

/**
 * A schema that stands on its own: what a `$ref` leads to is in its place. Only a schema that contains itself keeps
 * one, to `#` or to `#/$defs/…` of the result.
 */
export function resolveSchema(written: Raw | boolean, references: References, problems: Problems): JsonSchema {
  if (typeof written === 'boolean') return written
  return new Inliner(written, references, problems).inlined()
}

class Inliner {
  readonly #root: Raw
  readonly #references: References
  readonly #problems: Problems
  readonly #defs: Record<string, JsonSchema> = {}
  readonly #open = new Map<unknown, { reference: string; used: boolean }>()
  readonly #done = new Map<unknown, JsonSchema>()

  constructor(root: Raw, references: References, problems: Problems) {
    this.#root = root
    this.#references = references
    this.#problems = problems
  }

  inlined(): JsonSchema {
    this.#open.set(this.#root, { reference: '#', used: false })
    const schema = this.#schema(this.#root)
    if (typeof schema === 'boolean' || Object.keys(this.#defs).length === 0) return schema
    return { ...schema, $defs: { ...object(schema, '$defs'), ...this.#defs } }
  }

  #schema(value: Raw): JsonSchema {
    // What no other schema overrides, a `$dynamicRef` means what a `$ref` does; schemas of inputs are not extended so.
    const keyword = text(value, '$ref') === undefined ? '$dynamicRef' : '$ref'
    const reference = text(value, keyword)
    const own: Record<string, unknown> = {}
    for (const [name, inner] of Object.entries(value)) {
      if (name !== keyword && !IDENTITY.has(name)) own[name] = this.#keyword(name, inner)
    }
    if (reference === undefined) return own
    const target = this.#target(reference, value)
    if (target === undefined || target === true) return own
    const keywords = Object.keys(own)
    if (keywords.length === 0) return target
    if (typeof target === 'object' && keywords.every(keyword => ANNOTATIONS.has(keyword))) return { ...target, ...own }
    return { ...own, allOf: [target, ...(Array.isArray(own.allOf) ? own.allOf : [])] }
  }

  #keyword(name: string, value: unknown): unknown {
    if (DATA.has(name)) return value
    if (!MAPS.has(name) || !isRaw(value)) return this.#value(value)
    return Object.fromEntries(Object.entries(value).map(([key, schema]) => [key, this.#value(schema)]))
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(item => this.#value(item))
    return isRaw(value) ? this.#schema(value) : value
  }

  #target(reference: string, holder: Raw): JsonSchema | undefined {
    const target = this.#resolve(reference, holder)
    if (typeof target === 'boolean') return target
    if (!isRaw(target)) return undefined
    if (isCircle(this.#references, holder, finding => this.#problems.add(finding))) return undefined
    const open = this.#open.get(target)
    if (open) {
      open.used = true
      return { $ref: open.reference }
    }
    const done = this.#done.get(target)
    if (done !== undefined) return done
    const name = this.#nameFor(target)
    const entry = { reference: `#/$defs/${name}`, used: false }
    this.#open.set(target, entry)
    const schema = this.#schema(target)
    this.#open.delete(target)
    if (entry.used) this.#defs[name] = schema
    this.#done.set(target, schema)
    return schema
  }

  /** Relative to the file; `#/$defs/…` also relative to the schema that it stands in, as it is often written. */
  #resolve(reference: string, holder: Raw): unknown {
    const result = this.#references.resolve(reference, holder)
    if (!isUnresolved(result)) return result.value
    const within = reference.startsWith('#/') ? this.#references.walk(this.#root, tokensOf(reference)) : result
    if (!isUnresolved(within)) return within.value
    this.#problems.add(unresolved(reference, holder, result))
    return undefined
  }

  #nameFor(target: Raw): string {
    const base =
      pointerOf(target)
        .split('/')
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, '_') || 'schema'
    const taken = (name: string) =>
      Object.hasOwn(this.#defs, name) ||
      member(object(this.#root, '$defs'), name) !== undefined ||
      [...this.#open.values()].some(({ reference }) => reference === `#/$defs/${name}`)
    let name = base
    for (let number = 2; taken(name); number++) name = `${base}${number}`
    return name
  }
}

/** Whether `$ref`s lead from one to the next and back, with no schema in between; it is reported. */
function isCircle(references: References, holder: Raw, report: (finding: Finding) => void): boolean {
  let circle: Finding | undefined
  references.follow(holder, finding => {
    if (finding.found === CIRCLE.found) circle = finding
  })
  if (circle) report(circle)
  return circle !== undefined
}

/** What a schema says about the names of its members. */
export interface InputNames {
  readonly declared: ReadonlySet<string>
  /** Others are allowed: `open` invites them, `closed` refuses them, `silent` is JSON Schema's default. */
  readonly others: 'open' | 'closed' | 'silent'
}

export function inputNames(schema: JsonSchema | undefined): InputNames {
  if (schema === undefined) return { declared: new Set(), others: 'silent' }
  const declared = new Set<string>()
  const found = { properties: false, open: schema === true, closed: schema === false }
  collect(schema, declared, found, new Set())
  if (found.closed) return { declared, others: 'closed' }
  return { declared, others: found.open || !found.properties ? 'open' : 'silent' }
}

function collect(
  schema: unknown,
  declared: Set<string>,
  found: { properties: boolean; open: boolean; closed: boolean },
  seen: Set<unknown>,
): void {
  if (!isRaw(schema) || seen.has(schema)) return
  seen.add(schema)
  const properties = object(schema, 'properties')
  if (properties) found.properties = true
  for (const name of Object.keys(properties ?? {})) declared.add(name)
  for (const keyword of ['additionalProperties', 'unevaluatedProperties']) {
    const others = member(schema, keyword)
    if (others === false) found.closed = true
    else if (others !== undefined) found.open = true
  }
  if (object(schema, 'patternProperties')) found.open = true
  for (const keyword of ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else']) {
    const parts = member(schema, keyword)
    for (const part of Array.isArray(parts) ? parts : [parts]) collect(part, declared, found, seen)
  }
}
