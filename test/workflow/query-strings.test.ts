import { expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

async function query(parameter: object, value: string, inputs: Record<string, unknown> = {}) {
  const server = await serve(() => ({}))
  const { name, in: place } = parameter as { name: string; in: string }
  const operation = { operationId: 'op', parameters: [parameter], responses: { default: { description: '' } } }
  const folder = project({
    'api.json': JSON.stringify({
      openapi: '3.2.0',
      info: { title: '', version: '1' },
      paths: { '/op': { get: operation } },
    }),
    'flow.arazzo.yaml': arazzo(
      `
  - workflowId: main
    steps:
      - stepId: only
        operationId: op
        parameters: [{ name: ${name}, in: ${place}, value: ${value} }]
        outputs: { a: $request.query.a }
`,
      '',
      '1.1.0',
    ),
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, inputs })
  const [step] = report.steps
  return { sent: server.seen[0]?.url.replace('/op', ''), a: step?.state === 'passed' ? step.outputs.a : step }
}

const whole = (type?: string) => ({ name: 'all', in: 'querystring', ...(type && { content: { [type]: {} } }) })
const form = whole('application/x-www-form-urlencoded')

test('text is the query, as it is', async () => {
  expect(await query(form, `'a=1&b=x%20y'`)).toEqual({ sent: '?a=1&b=x%20y', a: '1' })
  expect(await query(form, `'?a=1'`)).toMatchObject({ sent: '?a=1' })
  expect(await query(form, '$inputs.q', { q: 'a=1&b=ü ö#top' })).toMatchObject({ sent: '?a=1&b=%C3%BC%20%C3%B6%23top' })
})

test('what is embedded in text is encoded', async () => {
  expect(await query(form, `'a={$inputs.v}&b=2'`, { v: 'x&y=1' })).toEqual({ sent: '?a=x%26y%3D1&b=2', a: 'x&y=1' })
})

test('an object is written by its media type', async () => {
  expect(await query(form, '{ a: x y, b: [1, 2] }')).toMatchObject({ sent: '?a=x%20y&b=1&b=2', a: 'x y' })
  expect(await query(whole('application/json'), '{ a: [1] }')).toMatchObject({ sent: '?%7B%22a%22%3A%5B1%5D%7D' })
  expect(await query(form, '$inputs.none')).toMatchObject({ sent: '' })
})

test('JSON in `content`: values, and text that is JSON already', async () => {
  const json = { name: 'filter', in: 'query', content: { 'application/json': {} } }
  expect((await query(json, '{ n: $inputs.n }', { n: 1 })).sent).toBe('?filter=%7B%22n%22%3A1%7D')
  expect((await query(json, `'{ "n": {$inputs.n} }'`, { n: 1 })).sent).toBe('?filter=%7B%22n%22%3A1%7D')
  expect((await query(json, '$inputs.n', { n: 'text' })).sent).toBe('?filter=%22text%22')
})
