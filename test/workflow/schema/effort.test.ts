import { describe, expect, test } from 'vitest'
import type { OpenApiDescription } from '../../../src/document/model.ts'
import { compileForResponse } from '../../../src/workflow/schema/validator.ts'

function compile(schema: unknown, definitions: Record<string, unknown> = {}) {
  const documents = { '/api.yaml': { schema, definitions } }
  const description = { file: '/api.yaml', version: '3.1.0', documents } as unknown as OpenApiDescription
  return compileForResponse({ file: '/api.yaml', pointer: '/schema', schema: true }, description)
}

/** Each of `levels` schemas has two alternatives, both of which are the next one: 2 ** levels ways to fail. */
const alternatives = (levels: number) =>
  Object.fromEntries(
    Array.from({ length: levels }, (_, level) => {
      const next = { $ref: `#/definitions/n${level + 1}` }
      return [`n${level}`, level === levels - 1 ? { type: 'string' } : { anyOf: [next, next] }]
    }),
  )

describe('errors', () => {
  const items = { type: 'array', items: { type: 'string' } }

  test('of a body of a usual size are all listed', () => {
    const validate = compile(items)
    expect(validate(Array.from({ length: 1_000 }, (_, index) => index))).toBe(false)
    expect(validate.errors).toHaveLength(1_000)
  })

  test('of a large body are not: the first is enough', () => {
    const validate = compile(items)
    expect(validate(Array.from({ length: 500_000 }, (_, index) => index))).toBe(false)
    expect(validate.errors).toHaveLength(1)
    expect(validate(Array.from({ length: 500_000 }, String))).toBe(true)
  })

  test('are those of the value in hand after one that had others', () => {
    const validate = compile(items)
    validate([1, 2])
    validate(Array.from({ length: 10_000 }, (_, index) => index))
    expect(validate.errors).toHaveLength(1)
  })
})

describe('what takes too much is not held to have passed', () => {
  test('alternatives within alternatives', () => {
    const validate = compile({ $ref: '#/definitions/n0' }, alternatives(40))
    expect(() => validate(1)).toThrow(
      'it takes more than 200,000 visits to schemas that it refers to; alternatives within alternatives multiply',
    )
    // The count begins anew with each value.
    const few = compile({ $ref: '#/definitions/n0' }, alternatives(12))
    for (let time = 0; time < 100; time++) expect(few(time % 2 ? 'text' : 1)).toBe(time % 2 === 1)
  })

  test('but a large body may visit as many schemas as it has parts', () => {
    const validate = compile(
      { type: 'array', items: { $ref: '#/definitions/item' } },
      { item: { type: 'object', properties: { a: { $ref: '#/definitions/n' } } }, n: { type: 'integer' } },
    )
    expect(validate(Array.from({ length: 150_000 }, () => ({ a: 1 })))).toBe(true)
  })

  test('items that are all compared with one another', () => {
    const validate = compile({ type: 'array', uniqueItems: true })
    expect(() => validate(Array.from({ length: 200_000 }, (_, a) => ({ a })))).toThrow(
      'expected its end within 5000 ms, found none',
    )
  })

  test('nesting beyond the stack', () => {
    const validate = compile(
      { $ref: '#/definitions/node' },
      { node: { type: 'object', properties: { next: { $ref: '#/definitions/node' } } } },
    )
    let value = {}
    for (let depth = 0; depth < 100_000; depth++) value = { next: value }
    expect(() => validate(value)).toThrow('nested too deeply')
  })
})
