import { didYouMean, type Location } from '../../errors.ts'
import { placeOf, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Finding, Problems } from '../problems.ts'
import { isRaw, type Raw } from '../raw.ts'
import { type ArazzoVersion, type Issue, issuesOf, type ObjectName, shapes } from './arazzo.ts'
import { thingAt } from './thing.ts'

/** Reports what has not the shape that the specification gives it; returns the objects that are at fault themselves. */
export function checkShape(root: Raw, version: ArazzoVersion, problems: Problems): WeakSet<object> {
  const misshapen = new WeakSet<object>()
  for (const issue of issuesOf(root, version)) {
    for (const finding of findingsOf(issue, root, version)) problems.add(finding)
    const owner = issue.code === 'unrecognized_keys' ? undefined : at(root, issue.path.slice(0, -1))
    if (typeof owner === 'object' && owner !== null) misshapen.add(owner)
  }
  return misshapen
}

function findingsOf(issue: Issue, root: Raw, version: ArazzoVersion): Finding[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    const strangers = issue.keys.filter(key => !key.startsWith('x-'))
    return strangers.map(key => strangerField(root, path, key, issue.message as ObjectName, version))
  }
  const key = path.at(-1) as string | number
  const owner = at(root, path.slice(0, -1)) as object
  const value = at(root, path)
  const field = typeof key === 'number' ? 'it' : `\`${key}\``
  const failed = `read ${thingAt(root, typeof key === 'number' ? path : path.slice(0, -1))}`
  if (value === undefined)
    return [
      {
        code: 'missing-field',
        at: placeOfOwner(root, path),
        failed,
        found: `${field} is missing`,
        firm: true,
      },
    ]
  const place = placeOfValue(owner, key)
  switch (issue.code) {
    case 'invalid_type':
      return [
        { code: 'wrong-type', at: place, failed, ...wrongType(field, value, issue.expected), firm: true },
      ]
    case 'invalid_value':
      return [
        {
          code: 'invalid-value',
          at: place,
          failed,
          ...oneOf(field, value, issue.values as string[]),
          firm: true,
        },
      ]
    case 'invalid_key':
      return [
        {
          code: 'invalid-name',
          at: placeOfKey(owner, key),
          failed: `read ${thingAt(root, path)}`,
          found: 'its name has other characters than letters, digits, ".", "-" and "_"',
          hint: `Name it "${String(key)
            .trim()
            .replaceAll(/[^a-zA-Z0-9._-]+/g, '-')}".`,
        },
      ]
    case 'too_small':
      return [
        {
          code: 'invalid-value',
          at: place,
          failed,
          ...tooSmall(field, value, Number(issue.minimum)),
          firm: true,
        },
      ]
    case 'invalid_format':
      return [
        {
          code: 'invalid-value',
          at: place,
          failed,
          found: `${field} is ${show(value)}, with a fragment (#)`,
          hint: 'Remove the fragment.',
        },
      ]
    default:
      return [{ code: 'invalid-value', at: place, failed, found: `${field} is ${show(value)}` }]
  }
}

/** A missing field is reported where its object is named. */
function placeOfOwner(root: Raw, path: readonly PropertyKey[]): Location {
  const owner = path.slice(0, -1)
  const holder = owner.length > 0 ? (at(root, owner.slice(0, -1)) as object) : undefined
  return holder ? placeOfKey(holder, owner.at(-1) as string | number) : placeOf(root)
}

function strangerField(
  root: Raw,
  path: readonly PropertyKey[],
  key: string,
  name: ObjectName,
  version: ArazzoVersion,
): Finding {
  const place = placeOfKey(at(root, path) as object, key)
  const failed = `read ${thingAt(root, path)}`
  const known = shapes[version].fields[name]
  if (!known.includes(key) && shapes['1.1'].fields[name].includes(key)) {
    const found = `\`${key}\` came with Arazzo 1.1, and the document is ${String(root.arazzo)}`
    return {
      code: 'newer-field',
      at: place,
      failed,
      found,
      hint: 'Write `arazzo: 1.1.0` at the top, or remove it.',
    }
  }
  const meant = didYouMean(key, known)
  return {
    code: 'unknown-field',
    at: place,
    failed,
    found: `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} Object has no field \`${key}\``,
    hint: meant
      ? `Did you mean \`${meant}\`?`
      : 'Remove it; the name of a field of your own begins with `x-`.',
  }
}

function wrongType(field: string, value: unknown, expected: string): { found: string; hint?: string } {
  const found = `${field} is ${kindOf(value)}, not ${EXPECTED[expected] ?? expected}`
  if (expected !== 'string') return { found }
  const [key, ...others] = isRaw(value) ? Object.keys(value) : []
  if (key?.startsWith('$') && others.length === 0) return { found, hint: `Put it in quotes: '{${key}}'.` }
  if (typeof value === 'number' || typeof value === 'boolean')
    return { found, hint: `Put it in quotes: '${value}'.` }
  return { found }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return `text (${show(value)})`
  return `${typeof value === 'number' ? 'a number' : 'a boolean'} (${String(value)})`
}

function oneOf(field: string, value: unknown, values: readonly string[]): { found: string; hint: string } {
  const meant = typeof value === 'string' ? didYouMean(value, values) : undefined
  const choice = values.map(one => `"${one}"`)
  const hint = meant
    ? `Did you mean "${meant}"?`
    : `Use ${choice.slice(0, -1).join(', ')} or ${choice.at(-1)}.`
  return { found: `${field} is ${show(value)}`, hint }
}

function tooSmall(field: string, value: unknown, minimum: number): { found: string; hint?: string } {
  if (typeof value === 'string' || Array.isArray(value)) return { found: `${field} is empty` }
  return { found: `${field} is ${String(value)}`, hint: `Use ${minimum} or more.` }
}

function show(value: unknown): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : kindOf(value)
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    return (value as Record<PropertyKey, unknown>)[key]
  }, root)
}
