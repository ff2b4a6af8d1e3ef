import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from '../extension-fields.ts'
import { placeOfKey } from '../file/source-file.ts'
import type { Reading } from '../loaded/loaded.ts'
import { isRaw, type Raw } from '../raw.ts'
import { meantExtension } from '../shape/extension.ts'
import { thingAt } from '../shape/thing.ts'

type Place = 'document' | 'workflow' | 'step' | 'output' | 'elsewhere'

/** Extensions that mean something here, and where. */
const OURS: Readonly<Record<string, { readonly on: readonly Place[]; readonly move: string }>> = {
  [LOAD_TEST_FIELD]: { on: ['workflow'], move: 'Move it to a workflow.' },
  [VITEST_FIELD]: { on: ['document', 'workflow'], move: 'Move it to a workflow, or to the top.' },
  [EVENTS_FIELD]: { on: ['step'], move: 'Move it to a step.' },
  [EXTRACT_FIELD]: {
    on: ['output'],
    move: `Move it to an output: \`outputs: { a: { context: $response.body, ${EXTRACT_FIELD}: { … } } }\`.`,
  },
}

/** Fields that hold data of the author's, or a JSON Schema. */
const DATA = new Set(['payload', 'value', 'inputs', 'correlationId'])
/** Fields whose members have names of the author's, where they are objects. */
const MAPS = new Set(['outputs', 'parameters', 'successActions', 'failureActions'])

/**
 * Warns of extensions that were probably meant for us and are not read: misspelt, or at a place where they mean
 * nothing.
 */
export function checkExtensions(root: Raw, reading: Reading): void {
  const seen = new Set<object>()
  const visit = (value: unknown, path: readonly PropertyKey[], isMap = false): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    else {
      for (const [key, inner] of Object.entries(value)) {
        if (!isMap && key.startsWith('x-')) checkExtension(value as Raw, key, root, path, reading)
        else if (isMap || !DATA.has(key)) visit(inner, [...path, key], MAPS.has(key) && isRaw(inner))
      }
    }
  }
  visit(root, [])
}

function checkExtension(owner: Raw, key: string, root: Raw, path: readonly PropertyKey[], { problems }: Reading): void {
  const meant = meantExtension(key)
  if (meant === undefined) return
  const { on, move } = OURS[meant]!
  const isHere = on.includes(placeAt(path))
  if (meant === key && isHere) return
  const found = meant === key ? `\`${key}\` is not read there` : `\`${key}\` means nothing here and is not read`
  const hint = meant === key ? move : `Did you mean \`${meant}\`?${isHere ? '' : ` ${move}`}`
  problems.warn({
    code: 'unknown-extension',
    at: placeOfKey(owner, key),
    failed: `read ${thingAt(root, path)}`,
    found,
    hint,
  })
}

function placeAt(path: readonly PropertyKey[]): Place {
  if (path.length === 0) return 'document'
  if (path[0] !== 'workflows') return 'elsewhere'
  if (path.length === 2) return 'workflow'
  if (path.at(-2) === 'outputs' && (path.length === 4 || (path.length === 6 && path[2] === 'steps'))) return 'output'
  return path.length === 4 && path[2] === 'steps' ? 'step' : 'elsewhere'
}
