import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { shapes } from '../../src/document/shape.ts'

/** The fields of every object, in the order of the specification's tables. */
const fields: Record<'1.0.1' | '1.1.0', Record<string, string[]>> = JSON.parse(
  readFileSync(new URL('../../fixtures/conformance/fields.json', import.meta.url), 'utf8'),
)

/** Fields that only tools know of: an editor's hint, and what the JSON Schema of 1.0 has beside its text. */
const beyond: Record<string, readonly string[]> = { 'Arazzo Specification': ['$schema'], Criterion: ['version'] }

describe.each(['1.0.1', '1.1.0'] as const)('the fields that documents of %s may have', version => {
  test.each(Object.keys(fields[version]).filter(name => name !== 'Reusable Object'))('are those of the %s', name => {
    const object = name.replace(/ Object$/, '') as keyof (typeof shapes)['1.1']['fields']
    const known = shapes[version === '1.0.1' ? '1.0' : '1.1'].fields[object]!
    expect(known.filter(field => !beyond[object]?.includes(field)).sort()).toEqual([...fields[version][name]!].sort())
  })
})
