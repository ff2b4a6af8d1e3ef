import { describe, expect, test } from 'vitest'
import { asUsed } from '../../src/document/as-used.ts'
import type { ArazzoDocument, OpenApiDescription } from '../../src/document/model.ts'
import { compileForResponse } from '../../src/workflow/schema/validator.ts'
import { documentOf } from './reading.ts'

const MAIN = `arazzo: 1.0.1
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml, type: openapi }]
workflows: [{ workflowId: w, steps: [{ stepId: s, operationId: op }] }]
`

/** An operation `op` with this schema as its response, beside one that nothing calls. */
const apiOf = (schema: string, components: string, version = '3.1.0') => `openapi: ${version}
paths:
  /op:
    get:
      operationId: op
      responses: { '200': { content: { application/json: { schema: ${schema} } } } }
  /unused:
    get:
      operationId: unused
      responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Unused' } } } } }
components:
  schemas:
    Unused: { type: object, properties: { x: { type: string } } }
${components}`

function descriptionOf({ sources: { api } }: ArazzoDocument): OpenApiDescription {
  if (api?.type !== 'openapi') throw new Error('The document has no source "api".')
  return api.openapi
}

/** The document as another thread gets it. */
const sent = (document: ArazzoDocument) => structuredClone(asUsed(document))

/** Whether values are held to be valid by the document and by what is sent of it; these have to be the same. */
function verdictsOf(document: ArazzoDocument, values: readonly unknown[]): string[][] {
  return [document, sent(document)].map(one => {
    const description = descriptionOf(one)
    const place = description.operations[0]!.responses['200']!.content[0]!.schema!
    const validate = compileForResponse(place, description)
    return values.map(value => (validate(value) ? 'valid' : JSON.stringify(validate.errors?.map(e => e.instancePath))))
  })
}

describe('what another thread gets of a description', () => {
  test('is what its operations lead to, where it stands', async () => {
    const components = `    Pet: { type: object, required: [id], properties: { id: { type: integer }, owner: { $ref: '#/components/schemas/Owner' } } }
    Owner: { type: object, properties: { pets: { type: array, items: { $ref: '#/components/schemas/Pet' } }, name: { $ref: './more.yaml#/names/1/full' } } }
`
    const document = await documentOf({
      'main.yaml': MAIN,
      'api.yaml': apiOf("{ $ref: '#/components/schemas/Pet' }", components),
      'more.yaml': 'names: [{ full: { type: number } }, { full: { type: string } }]\nothers: { a: 1 }\n',
    })
    const { documents, file } = descriptionOf(sent(document))
    const [api, more] = Object.values(documents) as [{ paths: object; components: { schemas: object } }, object]
    expect(Object.keys(documents)[0]).toBe(file)
    expect(Object.keys(api)).toEqual(['paths', 'components'])
    expect(Object.keys(api.paths)).toEqual(['/op'])
    expect(Object.keys(api.components.schemas).sort()).toEqual(['Owner', 'Pet'])
    expect(more).toEqual({ names: [{ full: { type: 'number' } }, { full: { type: 'string' } }] })
    const whole = Object.values(descriptionOf(document).documents)[0] as { paths: object }
    expect(Object.keys(whole.paths)).toEqual(['/op', '/unused'])
    const [before, after] = verdictsOf(document, [{ id: 1 }, { id: 'x' }, { id: 1, owner: { name: 2, pets: [{}] } }])
    expect(after).toEqual(before)
    expect(before).toEqual(['valid', '["/id"]', '["/owner/pets/0","/owner/name"]'])
  })

  const cases: readonly [what: string, schema: string, components: string][] = [
    [
      'a reference through another',
      "{ $ref: '#/components/schemas/A/properties/b' }",
      "    A: { $ref: '#/components/schemas/C' }\n    C: { properties: { b: { type: integer } } }\n",
    ],
    ['an encoded reference', "{ $ref: '#/components/schemas/a%20b~1c' }", '    a b/c: { type: integer }\n'],
    ['an anchor', "{ $ref: '#here' }", '    A: { $anchor: here, type: integer }\n'],
    ['an `$id`', "{ $ref: 'https://example.com/a' }", '    A: { $id: https://example.com/a, type: integer }\n'],
    [
      'an `$id` on the way',
      "{ $ref: '#/components/schemas/A/$defs/b' }",
      "    A: { $id: https://example.com/a, $defs: { b: { $ref: '#/$defs/c' }, c: { type: integer } } }\n",
    ],
    [
      'a dynamic reference',
      "{ $ref: '#/components/schemas/A' }",
      "    A: { $dynamicRef: '#it' }\n    B: { $dynamicAnchor: it, type: integer }\n",
    ],
    [
      'a reference in a circle',
      "{ $ref: '#/components/schemas/A' }",
      "    A: { type: integer, allOf: [{ $ref: '#/components/schemas/B' }] }\n    B: { items: { $ref: '#/components/schemas/A' } }\n",
    ],
    ['a schema of its own', '{ type: integer }', ''],
  ]

  test.each(cases)('%s leads to the same', async (_, schema, components) => {
    const document = await documentOf({ 'main.yaml': MAIN, 'api.yaml': apiOf(schema, components) })
    const [before, after] = verdictsOf(document, [1, 'x'])
    expect(after).toEqual(before)
    expect(before).toEqual(['valid', '[""]'])
  })

  test('a reference that leads nowhere leads nowhere', async () => {
    const components = "    A: { properties: { b: { $ref: '#/components/schemas/Nope' } } }\n"
    const document = await documentOf({
      'main.yaml': MAIN,
      'api.yaml': apiOf("{ $ref: '#/components/schemas/A' }", components),
    })
    const said = [document, sent(document)].map(one => {
      const description = descriptionOf(one)
      const place = description.operations[0]!.responses['200']!.content[0]!.schema!
      expect(() => compileForResponse(place, description)).toThrow('its $ref "#/components/schemas/Nope" leads nowhere')
      return Object.keys(Object.values(description.documents)[0] as object)
    })
    expect(said[1]).toEqual(['paths', 'components'])
  })

  test('documents in a circle, each once', async () => {
    const other = (name: string, of: string) => `arazzo: 1.0.1
info: { title: ${name}, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml, type: openapi }, { name: ${of}, url: ./${of}.yaml, type: arazzo }]
workflows: [{ workflowId: w, steps: [{ stepId: s, operationId: $sourceDescriptions.api.op }, { stepId: t, workflowId: $sourceDescriptions.${of}.w }] }]
`
    const document = await documentOf({
      'main.yaml': other('main', 'other'),
      'other.yaml': other('other', 'main'),
      'api.yaml': apiOf('{ type: integer }', ''),
    })
    const copy = sent(document)
    const arazzo = ({ sources }: ArazzoDocument, name: string) => {
      const source = sources[name]
      return source?.type === 'arazzo' ? source.arazzo : undefined
    }
    const second = arazzo(copy, 'other')!
    expect(arazzo(second, 'main')).toBe(copy)
    expect(descriptionOf(second)).toBe(descriptionOf(copy))
  })
})
