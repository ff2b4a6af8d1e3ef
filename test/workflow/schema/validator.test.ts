import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { OpenApiDescription } from '../../../src/document/model.ts'
import { describeErrors, describeKind, mismatchesOf } from '../../../src/workflow/schema/describe-errors.ts'
import { compileForResponse } from '../../../src/workflow/schema/validator.ts'

type Files = Record<string, unknown>

const at = (name: string) => resolve('/api', name)

/** For the schema at `pointer` of `api.yaml`. */
function validatorOf(version: string, files: Files, pointer = '/schema') {
  const documents = Object.fromEntries(Object.entries(files).map(([name, file]) => [at(name), file]))
  const description = { file: at('api.yaml'), version, documents } as unknown as OpenApiDescription
  return compileForResponse({ file: at('api.yaml'), pointer, schema: true }, description)
}

/** What is wrong with values; undefined where all is well. */
function faultsOf(version: string, files: Files, values: unknown[], pointer?: string) {
  const validate = validatorOf(version, files, pointer)
  return values.map(value => (validate(value) ? undefined : describeErrors(validate.errors!, value)))
}

const faults = (version: string, schema: unknown, ...values: unknown[]) =>
  faultsOf(version, { 'api.yaml': { schema } }, values)

describe('OpenAPI 3.0', () => {
  test('nullable lets null pass, also beside enum and allOf', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', nullable: true },
        size: { type: 'string', enum: ['S', 'M'], nullable: true },
        owner: { nullable: true, allOf: [{ type: 'object', required: ['id'] }] },
        id: { type: 'integer' },
      },
    }
    expect(
      faults('3.0', schema, { name: null, size: null, owner: null }, { id: null }, { size: 'L', owner: {} }),
    ).toEqual([
      undefined,
      '/id must be integer, found null',
      `/size must be one of "S", "M", found "L"; /owner must have required property 'id'`,
    ])
  })

  test('exclusiveMinimum and exclusiveMaximum are booleans beside their limits', () => {
    const schema = { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 10, exclusiveMaximum: false }
    expect(faults('3.0', schema, 0, 0.1, 10, 11)).toEqual(['must be > 0', undefined, undefined, 'must be <= 10'])
  })

  test('what stands beside a $ref means nothing, nor do keywords of later drafts', () => {
    const files = {
      'api.yaml': {
        schema: { $ref: '#/components/schemas/Name', maxLength: 1, const: 'x', example: { $ref: '#/nowhere' } },
        components: { schemas: { Name: { type: 'string', const: 'y', if: {}, else: false, propertyNames: false } } },
      },
    }
    expect(faultsOf('3.0', files, ['long', 1])).toEqual([undefined, 'must be string, found 1'])
  })

  test('the formats of the specification', () => {
    const schema = {
      properties: {
        n: { type: 'integer', format: 'int32' },
        at: { type: 'string', format: 'date-time' },
        bytes: { type: 'string', format: 'byte' },
        own: { type: 'string', format: 'x-own' },
      },
    }
    expect(
      faults(
        '3.0',
        schema,
        { n: 1, at: '2026-02-03T04:05:06Z', bytes: 'aGk=', own: '?' },
        { n: 2 ** 40, at: 'yesterday', bytes: '*' },
      ),
    ).toEqual([
      undefined,
      '/n must match format "int32", found 1099511627776; /at must match format "date-time", found "yesterday"; /bytes must match format "byte", found "*"',
    ])
  })

  test('a discriminator changes nothing about what is valid', () => {
    const files = {
      'api.yaml': {
        schema: {
          oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
          discriminator: { propertyName: 'kind', mapping: { cat: '#/components/schemas/Cat' } },
        },
        components: {
          schemas: {
            Cat: { required: ['kind', 'lives'], properties: { kind: { enum: ['cat'] } } },
            Dog: { required: ['kind'], properties: { kind: { enum: ['dog'] } } },
          },
        },
      },
    }
    expect(faultsOf('3.0', files, [{ kind: 'cat', lives: 9 }, { kind: 'dog' }, { kind: 'cat' }])).toEqual([
      undefined,
      undefined,
      `must have required property 'lives'; /kind must be one of "dog", found "cat"; must match exactly one schema in oneOf`,
    ])
  })

  test('2.0 has x-nullable and files', () => {
    expect(faults('2.0', { type: 'string', 'x-nullable': true }, null)).toEqual([undefined])
    expect(faults('2.0', { type: 'file' }, 'anything')).toEqual([undefined])
  })
})

test('each fault names its rule in the file, through references and what was taken apart', () => {
  const files = {
    'api.yaml': { schema: { $ref: 'parts.yaml#/Pet' } },
    'parts.yaml': {
      Pet: {
        required: ['id'],
        properties: {
          id: { type: 'integer', nullable: true },
          'a/b': { type: 'array', items: { $ref: '#/Tag' } },
          secret: { type: 'string', writeOnly: true },
        },
      },
      Tag: { type: 'string' },
    },
  }
  const value = { id: 'x', 'a/b': ['ok', 1], secret: 's' }
  const validate = validatorOf('3.0', files)
  expect(validate(value)).toBe(false)
  const mismatches = mismatchesOf(validate.errors!, value)
  expect(
    mismatches.map(({ pointer, message, rule }) => `${pointer} ${message}: ${rule?.file} ${rule?.pointer}`),
  ).toEqual([
    `/id must be integer, found "x": ${at('parts.yaml')} /Pet/properties/id/type`,
    `/a~1b/1 must be string, found 1: ${at('parts.yaml')} /Tag/type`,
    `/secret must NOT be in a response (writeOnly): ${at('parts.yaml')} /Pet/properties/secret/forbiddenInResponse`,
  ])
})

describe('OpenAPI 3.1', () => {
  test('is JSON Schema 2020-12', () => {
    const schema = {
      type: ['object', 'null'],
      properties: { pair: { prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false } },
      dependentRequired: { card: ['billing'] },
      unevaluatedProperties: false,
      allOf: [{ properties: { card: true, billing: true } }],
    }
    expect(
      faults(
        '3.1',
        schema,
        null,
        { pair: ['a', 1], card: 1, billing: 2 },
        { card: 1 },
        { other: 1 },
        { pair: ['a', 1, 2] },
      ),
    ).toEqual([
      undefined,
      undefined,
      'must have property billing when property card is present',
      'must NOT have the property "other"',
      '/pair must NOT have more than 2 items',
    ])
  })

  test('what stands beside a $ref counts', () => {
    const files = { 'api.yaml': { schema: { $ref: '#/Name', maxLength: 2 }, Name: { type: 'string' } } }
    expect(faultsOf('3.1', files, ['ab', 'abc'])).toEqual([undefined, 'must NOT have more than 2 characters'])
  })

  test('tuples and limits as older drafts write them are understood', () => {
    expect(faults('3.1', { items: [{ type: 'string' }], additionalItems: false }, ['a'], ['a', 1])).toEqual([
      undefined,
      'must NOT have more than 1 items',
    ])
  })
})

describe('references', () => {
  test('lead through files, relative to the file that holds them, and in circles', () => {
    const files = {
      'api.yaml': { schema: { $ref: './schemas/tree.yaml#/$defs/Tree' } },
      'schemas/tree.yaml': {
        $defs: {
          Tree: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { $ref: '../names.yaml' },
              branches: { type: 'array', items: { $ref: '#/$defs/Tree' } },
            },
          },
        },
      },
      'names.yaml': { type: 'string', minLength: 1 },
    }
    const tree = { name: 'a', branches: [{ name: 'b', branches: [{ name: '' }, {}] }] }
    expect(faultsOf('3.1', files, [{ name: 'a' }, tree])).toEqual([
      undefined,
      `/branches/0/branches/0/name must NOT have fewer than 1 characters; /branches/0/branches/1 must have required property 'name'`,
    ])
  })

  test('go by $id, by $anchor, and by escaped pointers', () => {
    const files = {
      'api.yaml': {
        schema: {
          properties: {
            a: { $ref: 'https://example.com/schemas/a' },
            b: { $ref: '#b' },
            c: { $ref: '#/paths/~1x%7By%7D/c' },
            d: { $ref: 'https://example.com/schemas/a#inner' },
          },
        },
        more: [{ $anchor: 'b', type: 'boolean' }],
        paths: { '/x{y}': { c: { type: 'null' } } },
      },
      'a.yaml': { $id: 'https://example.com/schemas/a', $defs: { i: { $anchor: 'inner', type: 'array' } }, $ref: 'b' },
      'b.yaml': { $id: 'https://example.com/schemas/b', type: 'integer' },
    }
    expect(
      faultsOf('3.1', files, [
        { a: 1, b: true, c: null, d: [] },
        { a: '', b: '', c: '', d: '' },
      ]),
    ).toEqual([
      undefined,
      '/a must be integer, found ""; /b must be boolean, found ""; /c must be null, found ""; /d must be array, found ""',
    ])
  })

  test('are dynamic: a generic list takes the items of who uses it', () => {
    const files = {
      'api.yaml': {
        schema: { properties: { numbers: { $ref: 'numbers' }, any: { $ref: 'list' } } },
        components: {
          schemas: {
            List: {
              $id: 'list',
              type: 'array',
              items: { $dynamicRef: '#item' },
              $defs: { item: { $dynamicAnchor: 'item' } },
            },
            Numbers: { $id: 'numbers', $ref: 'list', $defs: { item: { $dynamicAnchor: 'item', type: 'number' } } },
          },
        },
      },
    }
    expect(faultsOf('3.1', files, [{ numbers: [1], any: ['x'] }, { numbers: ['x'] }])).toEqual([
      undefined,
      '/numbers/0 must be number, found "x"',
    ])
  })

  test('that lead nowhere say so', () => {
    expect(() => faults('3.1', { properties: { a: { $ref: '#/no/such' } } })).toThrow(
      'its $ref "#/no/such" leads nowhere',
    )
  })
})

describe('readOnly and writeOnly', () => {
  const files = (version: string) =>
    [
      version,
      {
        'api.yaml': {
          schema: { $ref: '#/components/schemas/User' },
          components: {
            schemas: {
              User: {
                allOf: [{ $ref: '#/components/schemas/Account' }],
                required: ['id', 'password', 'pin'],
                properties: { id: { type: 'integer', readOnly: true }, password: { type: 'string', writeOnly: true } },
              },
              Account: { required: ['pin'], properties: { pin: { $ref: '#/components/schemas/Pin' } } },
              Pin: { type: 'string', writeOnly: true },
            },
          },
        },
      },
    ] as const

  test.each(['3.0', '3.1'])('%s: what is writeOnly is neither required nor allowed in a response', version => {
    expect(faultsOf(...files(version), [{ id: 1 }, { id: 1, password: 'x', pin: '1' }, { password: 'x' }])).toEqual([
      undefined,
      '/pin must NOT be in a response (writeOnly); /password must NOT be in a response (writeOnly)',
      `must have required property 'id'; /password must NOT be in a response (writeOnly)`,
    ])
  })
})

describe('patterns', () => {
  test('search, as JSON Schema has it, with the flags and classes of ECMAScript', () => {
    expect(faults('3.1', { pattern: '^\\p{Lu}\\d+$' }, 'Ä12', 'a12')).toEqual([
      undefined,
      'must match pattern "^\\p{Lu}\\d+$"',
    ])
    expect(faults('3.1', { pattern: '/b/' }, 'a/b/c', 'abc')).toEqual([undefined, 'must match pattern "/b/"'])
    expect(faults('3.1', { pattern: 'a|b' }, 'xbx', 'c')).toEqual([undefined, 'must match pattern "a|b"'])
  })

  test('with look-around run, and end when they would take for ever', () => {
    expect(faults('3.1', { pattern: '^(?=.*\\d).{3,}$' }, 'abc1', 'abcd')).toEqual([
      undefined,
      'must match pattern "^(?=.*\\d).{3,}$"',
    ])
    expect(faults('3.1', { pattern: '^(a+)+$' }, `${'a'.repeat(40)}!`)).toEqual(['must match pattern "^(a+)+$"'])
    expect(() => faults('3.1', { pattern: '^(?=x|(a+)+$)' }, `${'a'.repeat(40)}!`)).toThrow('expected a result within')
  })
})

describe('what is said', () => {
  test('five faults at most, and how many more', () => {
    const [text] = faults('3.1', { items: { type: 'integer' } }, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect(text).toMatch(/^\/0 must .*; \/4 must be integer, found "e"; and 2 more$/)
  })

  test('the kind of a fault has no values and no positions', () => {
    const schema = { items: { properties: { '1a': { type: 'integer' } } } }
    const validate = validatorOf('3.1', { 'api.yaml': { schema } })
    validate([{}, {}, { '1a': 'x' }])
    expect(describeKind(validate.errors!)).toBe('/*/1a must be integer')
  })
})
