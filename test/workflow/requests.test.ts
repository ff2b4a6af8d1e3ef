import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const json = (schema = {}) => ({ requestBody: { content: { 'application/json': { schema } } } })
const api = openapi({
  get: [
    'get',
    '/items/{id}',
    {
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'tags', in: 'query', schema: { type: 'array' } },
        { name: 'filter', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
        { name: 'x-list', in: 'header', schema: { type: 'array' } },
        { name: 'sid', in: 'cookie', schema: { type: 'string' } },
      ],
    },
  ],
  post: ['post', '/items', json()],
  form: ['post', '/form', { requestBody: { content: { 'application/x-www-form-urlencoded': {} } } }],
})

async function send(step: string, inputs: Record<string, unknown> = {}) {
  const server = await serve(() => ({ body: { ok: true } }))
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: only
${step.replaceAll(/^/gm, '        ')}
        outputs: { path: $request.path.id, query: $request.query.tags, header: $request.header.x-list, body: $request.body, url: $url, method: $method }
    outputs:
      path: $steps.only.outputs.path
      query: $steps.only.outputs.query
      header: $steps.only.outputs.header
      body: $steps.only.outputs.body
      url: $steps.only.outputs.url
      method: $steps.only.outputs.method
`),
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, inputs })
  return { request: server.seen[0], report, outputs: report.outputs, origin: server.origin }
}

describe('parameters', () => {
  test('go to their places, in their styles, and can be read back', async () => {
    const { request, outputs, origin } = await send(
      `operationId: get
parameters:
  - { name: id, in: path, value: $inputs.id }
  - { name: tags, in: query, value: [a, b c] }
  - { name: filter, in: query, value: { min: 1, max: $inputs.max } }
  - { name: X-List, in: header, value: [1, 2] }
  - { name: sid, in: cookie, value: s1 }`,
      { id: 'a/b', max: 9 },
    )
    expect(request).toMatchObject({
      method: 'GET',
      url: '/items/a%2Fb?tags=a&tags=b%20c&filter%5Bmin%5D=1&filter%5Bmax%5D=9',
      headers: { 'x-list': '1,2', cookie: 'sid=s1' },
    })
    expect(outputs).toMatchObject({
      path: 'a/b',
      query: ['a', 'b c'],
      header: '1,2',
      method: 'GET',
      url: origin + request!.url,
    })
  })

  test('a path value of dots alone is sent encoded: it names this resource, not one above', async () => {
    for (const [value, sent] of [
      ['.', '%2E'],
      ['..', '%2E%2E'],
      ['...', '...'],
      ['a..', 'a..'],
    ]) {
      const { request } = await send(`operationId: get\nparameters: [{ name: id, in: path, value: ${value} }]`)
      expect(request!.url).toBe(`/items/${sent}`)
    }
  })

  test('a header value with a line break is refused, and nothing is sent', async () => {
    const { report, request } = await send(
      `operationId: get
parameters: [{ name: id, in: path, value: x }, { name: X-List, in: header, value: $inputs.evil }]`,
      { evil: 'a\r\nx-admin: 1' },
    )
    expect(request).toBeUndefined()
    expect(report.because).toMatchInlineSnapshot(
      `"step "only" failed: Failed to write header parameter "X-List": its value contains a line break or NUL. Encode it, or take it from another place."`,
    )
  })

  test.each([
    ['header', '262,145'],
    // With its name.
    ['cookie', '262,149'],
  ])('a %s value that no server would take is refused at once', async (place, count) => {
    const text = `operationId: get
parameters: [{ name: id, in: path, value: x }, { name: big, in: ${place}, value: $inputs.big }]`
    const { report, request } = await send(text, { big: 'x'.repeat(2 ** 18 + 1) })
    expect(request).toBeUndefined()
    expect(report.because).toBe(
      `step "only" failed: Failed to write ${place} parameter "big": its value has ${count} characters, and may have 262,144. Send it in a body, or take a part of it.`,
    )
  })
})
