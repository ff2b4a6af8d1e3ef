import { isRaw, text } from '../raw.ts'

/**
 * What stands at a path of an Arazzo document, in words: `step "login"`, `output "id" of workflow "buy"`.
 * Tells as much as a reader needs to find it: the innermost thing with a name, and the step or workflow around it.
 */
export function thingAt(root: unknown, path: readonly PropertyKey[]): string {
  const words: string[] = []
  let value = root
  for (const [depth, key] of path.entries()) {
    value = isRaw(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined
    const word = wordFor(path[depth - 1], key, value)
    if (word) words.push(word)
  }
  const thing = words.at(-1)
  if (!thing) return 'the document'
  const within = words.slice(0, -1).findLast(word => /^(step|workflow) /.test(word))
  return within && !thing.startsWith('step ') ? `${thing} of ${within}` : thing
}

/** Lists and maps whose members have a name or a number. */
const KINDS: Readonly<Record<string, { word: string; name?: string }>> = {
  sourceDescriptions: { word: 'source', name: 'name' },
  workflows: { word: 'workflow', name: 'workflowId' },
  steps: { word: 'step', name: 'stepId' },
  parameters: { word: 'parameter', name: 'name' },
  successCriteria: { word: 'criterion' },
  criteria: { word: 'criterion' },
  onSuccess: { word: 'success action', name: 'name' },
  successActions: { word: 'success action', name: 'name' },
  onFailure: { word: 'failure action', name: 'name' },
  failureActions: { word: 'failure action', name: 'name' },
  replacements: { word: 'replacement' },
  outputs: { word: 'output' },
  inputs: { word: 'inputs' },
}

const OBJECTS: readonly PropertyKey[] = ['info', 'components', 'requestBody']

function wordFor(container: PropertyKey | undefined, key: PropertyKey, value: unknown): string | undefined {
  if (OBJECTS.includes(key)) return key === 'requestBody' ? 'the request body' : `the ${String(key)}`
  const kind = typeof container === 'string' ? KINDS[container] : undefined
  if (!kind) return undefined
  if (typeof key === 'string') return `${kind.word} "${key}"`
  if (typeof key !== 'number') return undefined
  const name = kind.name && isRaw(value) ? (text(value, kind.name) ?? text(value, 'reference')) : undefined
  return name ? `${kind.word} "${name}"` : `${kind.word} ${key + 1}`
}
