import { describe, expect, test } from 'vitest'
import { API, arazzo, documentOf, problemsOf } from './reading.ts'

const files = (inputs: string, components = '', more: Record<string, string> = {}) => ({
  'main.yaml': arazzo(
    `  - workflowId: main\n    inputs: ${inputs}\n    steps: [{ stepId: a, operationId: listItems }]`,
    { more: components && `components:\n  inputs:\n${components}` },
  ),
  'api.yaml': API,
  ...more,
})

const inputsOf = async (...args: Parameters<typeof files>) => (await documentOf(files(...args))).workflows[0]!.inputs

describe('references', () => {
  test('by JSON Pointer, by $anchor, to other files, and through one another', async () => {
    const components = `    user: { type: object, properties: { id: { $ref: '#/components/inputs/id' }, tag: { $ref: '#tag' } } }
    id: { type: string, format: uuid }
    named: { $anchor: tag, enum: [{ $ref: data }] }
`
    const schema = `{ properties: { user: { $ref: '#/components/inputs/user' }, item: { $ref: './schemas/item.json#/Item' }, whole: { $ref: ./api.yaml#/info/title } } }`
    const item =
      '{ "Item": { "type": "object", "properties": { "size": { "$ref": "#/Size" } } }, "Size": { "type": "integer" } }'
    expect(await inputsOf(schema, components, { 'schemas/item.json': item })).toEqual({
      properties: {
        user: {
          type: 'object',
          properties: { id: { type: 'string', format: 'uuid' }, tag: { enum: [{ $ref: 'data' }] } },
        },
        item: { type: 'object', properties: { size: { type: 'integer' } } },
        whole: {},
      },
    })
  })

  test('with fields beside them', async () => {
    const components = '    id: { type: string, description: an id }\n'
    const schema = `{ properties: { a: { $ref: '#/components/inputs/id', description: mine, default: x }, b: { $ref: '#/components/inputs/id', minLength: 3 } } }`
    expect(await inputsOf(schema, components)).toEqual({
      properties: {
        a: { type: 'string', description: 'mine', default: 'x' },
        b: { minLength: 3, allOf: [{ type: 'string', description: 'an id' }] },
      },
    })
  })

  test('that come back to themselves stay, within the schema', async () => {
    const components = `    node: { type: object, properties: { next: { $ref: '#/components/inputs/node' }, value: { type: string } } }\n`
    expect(await inputsOf(`{ $ref: '#/components/inputs/node' }`, components)).toEqual({
      type: 'object',
      properties: { next: { $ref: '#/$defs/node' }, value: { type: 'string' } },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, value: { type: 'string' } } } },
    })
    expect(await inputsOf(`{ type: object, properties: { again: { $ref: '#/workflows/0/inputs' } } }`)).toEqual({
      type: 'object',
      properties: { again: { $ref: '#' } },
    })
  })

  test('to $defs of the schema itself', async () => {
    expect(
      await inputsOf(`{ $defs: { id: { type: string } }, properties: { id: { $ref: '#/$defs/id' } } }`),
    ).toMatchObject({ properties: { id: { type: 'string' } } })
  })

  test('many of them cost no more than one', async () => {
    const levels = Array.from(
      { length: 40 },
      (_, level) =>
        `    l${level + 1}: { properties: { a: { $ref: '#/components/inputs/l${level}' }, b: { $ref: '#/components/inputs/l${level}' } } }\n`,
    )
    expect(
      await inputsOf(`{ $ref: '#/components/inputs/l40' }`, `    l0: { type: string }\n${levels.join('')}`),
    ).toHaveProperty('properties.a.properties.b')
  })

  test('that lead from one to the next without end are refused', async () => {
    const chain = Array.from(
      { length: 5000 },
      (_, level) => `    l${level}: { properties: { a: { $ref: '#/components/inputs/l${level + 1}' } } }\n`,
    )
    expect(await problemsOf(files(`{ $ref: '#/components/inputs/l0' }`, `${chain.join('')}    l5000: {}\n`))).toBe(
      'main.yaml:1:1 error invalid-yaml: Failed to read main.yaml: it, or a value that it refers to, is nested too deeply. Nest it less deeply.',
    )
  })

  test('that lead back to themselves, with no schema in between', async () => {
    const components = `    a: { $ref: '#/components/inputs/b' }\n    b: { $ref: '#/components/inputs/a' }\n`
    expect(await problemsOf(files(`{ $ref: '#/components/inputs/a' }`, components))).toMatchInlineSnapshot(
      `"main.yaml:11:16 error unresolved-reference: Failed to resolve $ref "#/components/inputs/b": it refers to itself. Remove one of the references in this circle."`,
    )
  })

  test('that lead nowhere', async () => {
    const schema = `{ properties: { a: { $ref: '#/components/inputs/usr' }, b: { $ref: '#nope' }, c: { $ref: ./gone.json }, d: { $ref: 'https://example.com/d.json' }, e: { $ref: '#/components/inputs/loop' } } }`
    const components = `    user: {}\n    loop: { $ref: '#/components/inputs/loop/x' }\n`
    expect(await problemsOf(files(schema, components))).toMatchInlineSnapshot(`
      "main.yaml:7:40 error unresolved-reference: Failed to resolve $ref "#/components/inputs/usr": there is no "usr". Did you mean "user"?
      main.yaml:7:80 error unresolved-reference: Failed to resolve $ref "#nope": no schema has the $anchor "nope". Correct the reference, or add what it names.
      main.yaml:7:102 error unresolved-reference: Failed to resolve $ref "./gone.json": there is no such file. Correct the reference, or add what it names.
      main.yaml:7:128 error unresolved-reference: Failed to resolve $ref "https://example.com/d.json": it is on the network, from where nothing is read. Keep a copy next to the file and refer to that.
      main.yaml:12:19 error unresolved-reference: Failed to resolve $ref "#/components/inputs/loop/x": it refers to itself. Remove one of the references in this circle."
    `)
  })
})

test('booleans are schemas', async () => {
  expect(await inputsOf('true')).toBe(true)
})
