import type { SourceFile } from '../file/source-file.ts'
import { isRaw, type Raw, text } from '../raw.ts'

export interface ExternalReference {
  readonly reference: string
  readonly holder: Raw
}

const known = new WeakMap<SourceFile, readonly ExternalReference[]>()

/** Keywords whose values are data: a `$ref` in an example is none. */
const DATA = new Set(['example', 'examples', 'default', 'enum', 'const'])
/** Keywords whose members have names of the author's: `properties` may well have one that is called `default`. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'schemas', 'headers', 'responses'])

/** The `$ref`s of a file that lead to other files, one for each target. */
export function externalReferences(file: SourceFile): readonly ExternalReference[] {
  const found = known.get(file) ?? [...collect(file.value).values()]
  known.set(file, found)
  return found
}

function collect(root: unknown): Map<string, ExternalReference> {
  const found = new Map<string, ExternalReference>()
  const seen = new Set<object>()
  const visit = (value: unknown, named: boolean) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    const reference = isRaw(value) && !named ? text(value, '$ref') : undefined
    if (reference && !reference.startsWith('#') && !found.has(reference)) {
      found.set(reference, { reference, holder: value as Raw })
    }
    for (const [key, child] of Object.entries(value)) {
      if (named || (!DATA.has(key) && !key.startsWith('x-'))) visit(child, !named && NAMED.has(key))
    }
  }
  visit(root, false)
  return found
}
