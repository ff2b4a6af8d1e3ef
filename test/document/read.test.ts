import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ArazzoDocument } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { slashed } from '../builders/system.ts'
import { API, arazzo, documentOf, listed, oneWorkflow, problemsOf, readAll } from './reading.ts'

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/documents')
const fixture = (name: string) => join(FIXTURES, name)

test('a document with twenty mistakes tells them all at once, each with its place and what to do', async () => {
  const { document, problems } = await readArazzo(fixture('twenty-mistakes.arazzo.yaml'))
  expect(document).toBeUndefined()
  expect(listed(problems, FIXTURES)).toMatchInlineSnapshot(`
    "twenty-mistakes.arazzo.yaml:3:1 error missing-field: Failed to read the info: \`version\` is missing. Add \`version: '1.0.0'\`.
    twenty-mistakes.arazzo.yaml:10:10 warning unreadable-file: Failed to read source "stock" (./stock.openapi.yaml): there is no such file; nothing uses the source. Did you mean "shop.openapi.yaml"?
    twenty-mistakes.arazzo.yaml:19:17 error undefined-workflow: Failed to resolve workflow "logn": the document has no such workflow. Did you mean "login"?
    twenty-mistakes.arazzo.yaml:22:22 error undefined-operation: Failed to resolve operation $sourceDescriptions.shop.logn: source "shop" has no such operationId. Did you mean "login"?
    twenty-mistakes.arazzo.yaml:23:9 error newer-field: Failed to read step "login": \`timeout\` came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top, or remove it.
    twenty-mistakes.arazzo.yaml:26:11 error invalid-name: Failed to read output "the user" of step "login": its name has other characters than letters, digits, ".", "-" and "_". Name it "the-user".
    twenty-mistakes.arazzo.yaml:32:20 error undefined-input: Failed to resolve $inputs.usr: workflow "buy" declares no input "usr". Did you mean "user"?
    twenty-mistakes.arazzo.yaml:35:20 error forward-reference: Failed to resolve $steps.order.outputs.id: step "order" can only run after step "search". Move step "order" before step "search".
    twenty-mistakes.arazzo.yaml:37:17 error invalid-value: Failed to read parameter "page" of step "search": \`in\` is "qery". Did you mean "query"?
    twenty-mistakes.arazzo.yaml:40:38 error invalid-expression: Failed to read criterion 1 of step "search": expected a value or an operator, found "=". Write == for equality.
    twenty-mistakes.arazzo.yaml:42:13 error missing-context: Failed to read criterion 2 of step "search": \`type\` is given without a \`context\`. Say what it is applied to, as in \`context: $response.body\`.
    twenty-mistakes.arazzo.yaml:46:21 error undefined-step: Failed to read success action "next" of step "search": workflow "buy" has no step "ordr". Did you mean "order"?
    twenty-mistakes.arazzo.yaml:49:9 error missing-parameter: Failed to read step "order": POST /items/{itemId}/orders needs the path parameter "itemId". Add to \`parameters\`: { name: itemId, in: path, value: … }.
    twenty-mistakes.arazzo.yaml:51:9 error exclusive-fields: Failed to read step "order": \`operationId\` and \`workflowId\` exclude each other. Remove one of them.
    twenty-mistakes.arazzo.yaml:52:9 warning irrelevant-field: Failed to read step "order": a workflow takes inputs, not a request body. Pass them in \`parameters\`.
    twenty-mistakes.arazzo.yaml:55:25 error undefined-output: Failed to resolve $steps.login.outputs.usr: step "login" has no output "usr". Its outputs are token, the user.
    twenty-mistakes.arazzo.yaml:56:24 error undefined-step: Failed to resolve $steps.serch.outputs.id: workflow "buy" has no step "serch". Did you mean "search"?
    twenty-mistakes.arazzo.yaml:61:25 error invalid-value: Failed to read failure action "again" of step "order": \`retryAfter\` is -1. Use 0 or more.
    twenty-mistakes.arazzo.yaml:64:9 error missing-field: Failed to read step "order": it does not say what to run. Give it an \`operationId\`, an \`operationPath\` or a \`workflowId\`.
    twenty-mistakes.arazzo.yaml:64:9 error duplicate-id: Failed to read step "order": line 49 has a step of that name. Give each step a name of its own.
    twenty-mistakes.arazzo.yaml:65:9 error unknown-field: Failed to read step "order": a Step Object has no field \`operationID\`. Did you mean \`operationId\`?
    twenty-mistakes.arazzo.yaml:68:9 warning missing-parameter: Failed to read step "call": POST /login requires a request body. Add a \`requestBody\` with a \`payload\`.
    twenty-mistakes.arazzo.yaml:71:24 error undefined-component: Failed to resolve $components.parameters.page: \`components.parameters\` has no "page". Add it there, or correct the reference."
  `)
  expect(new Set(problems.map(({ at }) => `${at.line}:${at.column}`)).size).toBeGreaterThanOrEqual(20)
})

test('an error shows them with the lines around', async () => {
  const { problems } = await readArazzo(fixture('twenty-mistakes.arazzo.yaml'))
  const error = new ArazzoError(problems.filter(({ code }) => code === 'undefined-output' || code === 'undefined-step'))
  expect(slashed(error.message)).toMatchInlineSnapshot(`
    "3 problems

    fixtures/documents/twenty-mistakes.arazzo.yaml:46:21: Failed to read success action "next" of step "search": workflow "buy" has no step "ordr". Did you mean "order"?
      44 |           - name: next
      45 |             type: goto
    > 46 |             stepId: ordr
         |                     ^
      47 |             criteria:
      48 |               - condition: $statusCode == 200

    fixtures/documents/twenty-mistakes.arazzo.yaml:55:25: Failed to resolve $steps.login.outputs.usr: step "login" has no output "usr". Its outputs are token, the user.
      53 |           payload: |
      54 |             {
    > 55 |               "user": "{$steps.login.outputs.usr}",
         |                         ^
      56 |               "item": {$steps.serch.outputs.id}
      57 |             }

    fixtures/documents/twenty-mistakes.arazzo.yaml:56:24: Failed to resolve $steps.serch.outputs.id: workflow "buy" has no step "serch". Did you mean "search"?
      54 |             {
      55 |               "user": "{$steps.login.outputs.usr}",
    > 56 |               "item": {$steps.serch.outputs.id}
         |                        ^
      57 |             }
      58 |         onFailure:"
  `)
})

describe('a document that is right', () => {
  const read = async (): Promise<ArazzoDocument> => {
    const { document, problems } = await readArazzo(fixture('shop.arazzo.yaml'))
    expect(listed(problems, FIXTURES)).toBe('')
    return document!
  }

  test('comes out as typed values', async () => {
    const document = await read()
    const place = ({ at }: { at: { line: number; column: number } }) => `${at.line}:${at.column}`
    expect(document).toMatchObject({ version: '1.1', info: { title: 'Shop', version: '1.0.0' }, warnings: [] })
    expect(document.files.map(file => file.slice(FIXTURES.length + 1))).toEqual([
      'shop.arazzo.yaml',
      'shop.openapi.yaml',
    ])
    const [login, buy] = document.workflows
    expect([place(login!), place(buy!)]).toEqual(['12:5', '31:5'])
    expect(login).toMatchObject({
      summary: 'Logs in',
      inputs: { required: ['user', 'password'] },
      outputs: [{ name: 'token' }],
    })
    expect(buy).toMatchObject({
      dependsOn: [{ workflowId: 'login', at: { line: 33, column: 9 } }],
      parameters: [{ name: 'Authorization', in: 'header', value: { kind: 'text' }, at: { line: 39, column: 20 } }],
    })
    const [search, order] = buy!.steps
    expect([place(search!), place(order!)]).toEqual(['41:9', '62:9'])
    expect(search).toMatchObject({
      stepId: 'search',
      description: 'Finds something',
      timeout: 2000,
      target: {
        kind: 'operation',
        source: 'shop',
        operation: { method: 'GET', path: '/items', at: { line: 26, column: 5 } },
      },
      parameters: [
        { name: 'q', in: 'query', value: { kind: 'expression', text: '$inputs.text' }, at: { line: 46, column: 19 } },
        { name: 'page', in: 'query', value: { kind: 'literal', value: 2 }, at: { line: 49, column: 24 } },
      ],
      outputs: [
        { name: 'itemId', at: { line: 57, column: 11 } },
        { name: 'names', value: { kind: 'selector', type: { type: 'jsonpath', version: 'rfc9535' } } },
      ],
    })
    expect(search!.successCriteria.map(criterion => [criterion.text, place(criterion)])).toEqual([
      ['$statusCode == 200', '52:24'],
      ['$.items[?(@.price < 100)]', '54:24'],
    ])
    expect(order).toMatchObject({
      target: { operation: { operationId: 'createOrder', method: 'POST', path: '/items/{itemId}/orders' } },
      requestBody: { payload: { kind: 'text' }, replacements: [{ target: '/quantity', targetType: 'jsonpointer' }] },
      onFailure: [
        { name: 'busy', type: 'retry', retryAfter: 500, retryLimit: 3, at: { line: 75, column: 19 } },
        { name: 'again', type: 'goto', to: { kind: 'step', stepId: 'search' }, at: { line: 81, column: 24 } },
      ],
    })
  })

  test('keeps extensions with a way back to the file', async () => {
    const [, buy] = (await read()).workflows
    const extension = buy!.extensions['x-load-test']!
    expect(extension.value).toEqual({ rps: 10, budgets: { p99: '100ms' } })
    expect(extension.at).toMatchObject({ line: 84, column: 5 })
    expect(
      Object.entries(extension.places).map(([pointer, { line, column }]) => `${pointer} ${line}:${column}`),
    ).toEqual([' 85:7', '/rps 85:12', '/budgets 86:16', '/budgets/p99 86:23'])
  })

  test('is plain data', async () => {
    const document = await read()
    expect(structuredClone(document)).toEqual(document)
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  test('gives the same again, and values of its own', async () => {
    const [first, second] = [await read(), await read()]
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
    const parsed = [first, second].map(
      ({ sources: { shop } }) => shop?.type === 'openapi' && shop.openapi.documents[shop.openapi.file],
    )
    expect(parsed[0], 'a file that has not changed is parsed once').toBe(parsed[1])
  })
})

describe('severities', () => {
  const files = oneWorkflow(
    '      - { stepId: a, operationId: listItems, outputs: { x: $steps.a.outputs.y } }\n    outputs: { z: $steps.a.outputs.x }\n',
  )

  test('make more, less or nothing of a kind of problem', async () => {
    expect(await problemsOf(files)).toMatch(/^main.yaml:8:60 error undefined-output: /)
    const { document, list } = await readAll(files, { severities: { 'undefined-output': 'warning' } })
    expect(list).toMatch(/^main.yaml:8:60 warning undefined-output: /)
    expect(document?.warnings).toHaveLength(1)
    expect(await problemsOf(files, { severities: { 'undefined-output': 'off' } })).toBe('')
    const warned = oneWorkflow(
      '      - { stepId: a, operationId: listItems, parameters: [{ name: x, in: query, value: $inputs.a }] }\n',
    )
    expect((await readAll(warned)).document).toBeDefined()
    expect((await readAll(warned, { severities: { 'undefined-input': 'error' } })).document).toBeUndefined()
  })

  test('do not make a document of what cannot be run', async () => {
    const broken = oneWorkflow('      - { stepId: a, operationId: listItms }\n')
    const { document, list } = await readAll(broken, { severities: { 'undefined-operation': 'off' } })
    expect(document).toBeUndefined()
    expect(list).toMatch(/^main.yaml:8:35 error undefined-operation: /)
  })
})

test('problems are sorted, the document’s own first, and each is told once', async () => {
  const main = arazzo(
    '  - workflowId: main\n    steps:\n      - { stepId: z, operationId: listItems }\n      - { stepId: a, operationId: getItem, x: 1 }',
  )
  const api = API.replace(/responses: \{\}/g, "responses: { '200': { $ref: '#/nope' } }")
  expect(await problemsOf({ 'main.yaml': main, 'api.yaml': api })).toMatchInlineSnapshot(`
    "main.yaml:9:11 error missing-parameter: Failed to read step "a": GET /items/{id} needs the path parameter "id". Add to \`parameters\`: { name: id, in: path, value: … }.
    main.yaml:9:44 error unknown-field: Failed to read step "a": a Step Object has no field \`x\`. Remove it; the name of a field of your own begins with \`x-\`.
    api.yaml:11:35 error unresolved-reference: Failed to resolve $ref "#/nope": there is no "nope". Correct the reference, or add what it names.
    api.yaml:17:35 error unresolved-reference: Failed to resolve $ref "#/nope": there is no "nope". Correct the reference, or add what it names."
  `)
})

test('JSON documents are read like YAML ones', async () => {
  const main = {
    arazzo: '1.1.0',
    info: { title: 'a', version: '1' },
    sourceDescriptions: [{ name: 'api', url: 'api.yaml' }],
  }
  const workflows = [
    {
      workflowId: 'main',
      steps: [{ stepId: 'a', operationId: 'listItems', successCriteria: [{ condition: '$statusCode == "200' }] }],
    },
  ]
  const text = JSON.stringify({ ...main, workflows }, null, '\t')
  expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(
    `"main.yaml:22:37 error invalid-expression: Failed to read criterion 1 of step "a": expected a closing ", found the end. Write '' for a quote inside of text."`,
  )
  const document = await documentOf({ 'main.yaml': text.replace('\\"200', '200'), 'api.yaml': API })
  expect(document.workflows[0]!.steps[0]!.successCriteria[0]!.at).toMatchObject({ line: 22, column: 22 })
})
