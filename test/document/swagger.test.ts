import { expect, test } from 'vitest'
import { arazzo, documentOf } from './reading.ts'

const API = `swagger: '2.0'
host: api.example.com
basePath: /v1
schemes: [wss, http]
consumes: [application/json]
produces: [application/json, application/xml]
securityDefinitions: { key: { type: apiKey, in: header, name: X-Key } }
security: [{ key: [] }]
paths:
  /items/{id}:
    parameters:
      - { name: id, in: path, required: true, type: integer }
    post:
      operationId: update
      parameters:
        - { name: tags, in: query, type: array, items: { type: string }, collectionFormat: multi }
        - { name: codes, in: query, type: array, items: { type: string }, collectionFormat: pipes }
        - { name: flags, in: query, type: array, items: { type: string } }
        - { name: tabs, in: query, type: array, items: { type: string }, collectionFormat: tsv }
        - { $ref: '#/parameters/trace' }
        - { name: item, in: body, required: true, schema: { $ref: '#/definitions/Item' } }
      responses:
        200: { description: ok, schema: { $ref: '#/definitions/Item' }, headers: { X-Rate: { type: integer } } }
        204: { description: none }
  /upload:
    post:
      operationId: upload
      consumes: [multipart/form-data]
      schemes: [https]
      security: []
      parameters:
        - { name: note, in: formData, type: string }
        - { name: file, in: formData, type: file, required: true }
      responses: {}
parameters:
  trace: { name: X-Trace, in: header, type: string }
definitions:
  Item: { type: object }
`

test('a description of 2.0 in terms of 3.x', async () => {
  const main = arazzo(`  - workflowId: main
    steps:
      - { stepId: a, operationId: update, parameters: [{ name: id, in: path, value: 1 }] }
      - { stepId: b, operationId: upload }`)
  const document = await documentOf({ 'main.yaml': main, 'api.yaml': API })
  const [update, upload] = document.workflows[0]!.steps.map(({ target }) =>
    target.kind === 'operation' ? target.operation : undefined,
  )
  expect(update?.servers).toEqual([{ url: 'http://api.example.com/v1', variables: {} }])
  expect(
    update?.parameters.map(({ name, in: place, style, explode }) => `${place} ${name} ${style} ${explode}`),
  ).toEqual([
    'path id simple false',
    'query tags form true',
    'query codes pipeDelimited false',
    'query flags form false',
    'query tabs tabDelimited false',
    'header X-Trace simple false',
  ])
  expect(update?.parameters[0]?.schema).toMatchObject({
    pointer: '/paths/~1items~1{id}/parameters/0',
    schema: { type: 'integer' },
  })
  expect(update?.requestBody).toMatchObject({
    required: true,
    content: [
      {
        type: 'application/json',
        schema: { pointer: '/paths/~1items~1{id}/post/parameters/5/schema', schema: { type: 'object' } },
      },
    ],
  })
  expect(update?.responses['200']).toMatchObject({
    content: [{ type: 'application/json', schema: { schema: { type: 'object' } } }, { type: 'application/xml' }],
    headers: { 'X-Rate': { schema: { schema: { type: 'integer' } } } },
  })
  expect(update?.responses['204']).toMatchObject({ content: [], headers: {} })
  expect(update?.security).toEqual([{ key: [] }])
  expect(upload).toMatchObject({
    servers: [{ url: 'https://api.example.com/v1' }],
    requestBody: { required: true, content: [{ type: 'multipart/form-data' }] },
    security: [],
  })
  const source = document.sources.api!
  expect(source.type === 'openapi' && source.openapi.securitySchemes).toEqual({
    key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  })
})
