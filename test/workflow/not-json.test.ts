import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'

const OUTPUT = 'outputs: { token: $response.body#/token }'
const page: Answer = { headers: { 'content-type': 'text/html' }, body: '<h1>Log in</h1>' }
const json = { 'application/json': {} }

/** Why one iteration failed, functionally and as load over both transports; undefined for one that passed. */
async function causes(answer: Answer, step: string, responses: object = { 200: { description: '' } }) {
  const { origin } = await serve(() => answer)
  const folder = project({
    'api.json': openapi({ a: ['get', '/a', { responses }] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, ${step} }]
`),
  })
  const file = `${folder}/flow.arazzo.yaml`
  const { because } = await runWorkflow(file, { servers: origin, checks: 'off' })
  const found: (string | undefined)[] = [because]
  for (const transport of ['wire', 'undici'] as const) {
    const load = { vus: 1, iterations: 3, threads: 1 }
    const options = { workflow: `${file}#main`, servers: origin, load, transport, checks: 'off' as const }
    const { errors, arrivals } = await runLoad(options)
    expect(arrivals.failed).toBe(because === undefined ? 0 : 3)
    found.push(errors[0]?.message)
  }
  return found
}

const all = (text: string) => Array.from({ length: 3 }, () => expect.stringContaining(text))
const none = [undefined, undefined, undefined]
const listing = (content: object) => ({ 200: { description: '', content } })

describe('a step that looks for a value in a body that is not JSON fails', () => {
  test.each([
    ['an output of an HTML page', page, OUTPUT, undefined, 'its Content-Type is text/html'],
    ['with JSON described', page, OUTPUT, listing(json), 'its Content-Type is text/html'],
    ['JSON that is sent as HTML', { ...page, body: '{"token":1}' }, OUTPUT, undefined, 'its Content-Type is text/html'],
    ['text of no type', { body: 'ok' }, OUTPUT, undefined, 'it has no Content-Type'],
    [
      'bytes',
      { headers: { 'content-type': 'image/png' }, body: Buffer.from([1, 0xff]) },
      OUTPUT,
      undefined,
      'image/png',
    ],
    ['no body though one is described', {}, OUTPUT, listing(json), 'it is empty'],
    [
      'a criterion with a member',
      page,
      'successCriteria: [{ condition: $response.body.error == null }]',
      undefined,
      'text/html',
    ],
    ['a criterion', page, 'successCriteria: [{ condition: $response.body#/error == null }]', undefined, 'text/html'],
  ])('%s', async (_, answer: Answer, step, responses, said) => {
    expect(await causes(answer, step, responses)).toEqual(all(said))
  })
})

describe('a value may be absent', () => {
  test.each([
    ['of JSON', { body: { other: 1 } }, OUTPUT, undefined],
    ['of JSON that is null or text', { body: null }, OUTPUT, undefined],
    ['of a type that is listed', page, OUTPUT, listing({ ...json, 'text/*': {} })],
    ['of a body that the description does not have', {}, OUTPUT, undefined],
    ['of a 204', { status: 204 }, OUTPUT, { 204: { description: '', content: json } }],
    [
      'next to a status that decides',
      page,
      'successCriteria: [{ condition: $statusCode == 200 || $response.body#/a == 1 }]',
      undefined,
    ],
    ['if the body is taken as a whole', page, "outputs: { page: $response.body, same: '$response.body#' }", undefined],
  ])('%s', async (_, answer: Answer, step, responses) => {
    expect(await causes(answer, step, responses)).toEqual(none)
  })
})
