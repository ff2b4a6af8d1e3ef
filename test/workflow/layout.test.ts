import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { spellOut } from '../../src/http/spell-out.ts'
import type { OutgoingRequest } from '../../src/http/transport.ts'
import { encodeRequest } from '../../src/http/wire/encode.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import type { RequestPlan } from '../../src/workflow/request/request.ts'
import { anyCodePoint } from '../builders/code-points.ts'
import { arazzo, project } from '../builders/project.ts'
import { scopeOf } from '../expression/scope-of.ts'

const styles = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
} as const

const place = fc.constantFrom<(keyof typeof styles)[]>('path', 'query', 'query', 'header', 'header', 'cookie')
const expression = fc.constantFrom('$inputs.a', '$inputs.b', 'x{$inputs.a}y', 'é {$inputs.b}', 'plain', '')
const parameter = fc
  .record({ place, style: fc.nat(), explode: fc.boolean(), allowReserved: fc.boolean(), value: expression })
  .map(({ place, style, ...rest }) => ({ ...rest, in: place, style: styles[place][style % styles[place].length] }))
const payload = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    expression,
    fc.constantFrom(1, true, null, 'ü'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b c', '1', 'ö', '__proto__'), tie('value'), { maxKeys: 3 }),
  ),
})).value
const requestBody = fc.oneof(
  fc.constant(undefined),
  payload.map(payload => ({ contentType: 'application/json', payload })),
  fc.constantFrom(
    { contentType: 'application/json', payload: '{"a":"{$inputs.a}","b":"{$inputs.b}"}' },
    { contentType: 'application/x-www-form-urlencoded', payload: { a: '$inputs.a', b: '$inputs.b' } },
    { contentType: 'application/x-www-form-urlencoded', payload: 'a={$inputs.a}&b=1' },
    { contentType: 'text/plain', payload: 'a {$inputs.a} ü' },
    { contentType: 'multipart/form-data', payload: { a: '$inputs.a' } },
  ),
)
const method = fc.constantFrom('get', 'post', 'put', 'patch', 'delete')
const step = fc.record({ method, parameters: fc.array(parameter, { maxLength: 4 }), requestBody })
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const text = fc.oneof(
  fc.string({ unit: anyCodePoint }),
  fc.constantFrom('a b', 'a\r\nx: y', 'nul\0', 'tab\t', 'é', '漢', '\ud800', '\x01', '100%', 'a/b?c#d', '', '"'),
)
const input = fc.oneof(text, fc.integer(), fc.constant(undefined), fc.constant(null), fc.jsonValue({ maxDepth: 2 }))

/** Requests of steps that are in one document. */
async function plansOf(steps: readonly Step[]): Promise<RequestPlan[]> {
  const paths: Record<string, object> = {}
  const lines = steps.map(({ method, parameters, requestBody }, n) => {
    const named = parameters.map((parameter, i) => ({ ...parameter, name: `p${i}` }))
    const inPath = named.filter(({ in: place }) => place === 'path').map(({ name }) => `/{${name}}`)
    const declared = named.map(({ value: _, in: place, ...rest }) => ({
      ...rest,
      in: place,
      required: place === 'path',
      schema: {},
    }))
    const content = requestBody && { requestBody: { content: { [requestBody.contentType]: { schema: {} } } } }
    const responses = { 200: { description: '', content: { 'application/json': {} } } }
    paths[`/s${n}${inPath.join('')}`] = {
      [method]: { operationId: `o${n}`, parameters: declared, responses, ...content },
    }
    const given = named.map(({ name, in: place, value }) => ({ name, in: place, value }))
    return JSON.stringify({
      stepId: `s${n}`,
      operationId: `o${n}`,
      parameters: given,
      ...(requestBody && { requestBody }),
    })
  })
  const folder = project({
    'api.json': JSON.stringify({ openapi: '3.1.0', info: { title: 'api', version: '1' }, paths }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { a: {}, b: {} } }
    steps:
${lines.map(line => `      - ${line}`).join('\n')}`),
  })
  const { document, problems } = await readArazzo(`${folder}/flow.arazzo.yaml`)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return compilePlan(document!, 'main', { servers: 'http://127.0.0.1:4000/v1' }).root.steps.map(
    ({ request }) => request!,
  )
}

const blank = (): OutgoingRequest => ({ origin: '', method: '', path: '', headers: [], body: undefined, timeout: 0 })

const messageOf = (attempt: () => unknown) => {
  try {
    return attempt()
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

test('a request laid out as text says what the general way says, and refuses what it refuses', async () => {
  let laidOut = 0
  let general = 0
  for (let seed = 1; seed <= 6; seed++) {
    const steps = fc.sample(step, { seed, numRuns: 50 })
    const plans = await plansOf(steps)
    const inputs = fc.sample(fc.record({ a: input, b: input }), { seed, numRuns: 20 })
    for (const [n, plan] of plans.entries()) {
      // Again and again, with others between: what was written last may be given again, and no other.
      for (const values of inputs.flatMap(values => [values, values, inputs[0]!])) {
        const scope = scopeOf({ inputs: values })
        const [out, other] = [blank(), blank()]
        const fast = messageOf(() => plan.layOut(scope, out, []))
        if (fast === false) {
          general++
          continue
        }
        laidOut++
        const why = JSON.stringify([steps[n], values])
        const built = messageOf(() => plan.build(scope, other, []))
        if (typeof fast === 'string') {
          expect(fast, why).toBe(built)
          continue
        }
        expect(out.text, why).toBe(messageOf(() => encodeRequest(other, '127.0.0.1:4000', false)))
        spellOut(out)
        expect({ ...out, body: out.body ?? '' }, why).toEqual({
          ...other,
          text: undefined,
          body: other.body === undefined ? '' : (other.body as string).toWellFormed(),
        })
      }
    }
  }
  // The layout is the rule: cookies, multipart and odd characters are the exceptions.
  expect(laidOut).toBeGreaterThan(2_000)
  expect(general).toBeGreaterThan(100)
})

test('a value that is too long for a header is refused before it is laid out', async () => {
  const header = {
    in: 'header' as const,
    style: 'simple' as const,
    ...{ explode: false, allowReserved: false },
    value: '$inputs.a' as const,
  }
  const [plan] = await plansOf([{ method: 'get', parameters: [header], requestBody: undefined }])
  const written = (a: string) => messageOf(() => plan!.layOut(scopeOf({ inputs: { a } }), blank(), []))
  expect(written('x'.repeat(2 ** 18))).toBe(true)
  expect(written('x'.repeat(2 ** 18 + 1))).toMatch(/^RequestError: .*"p0": its value has 262,145 characters/)
})
