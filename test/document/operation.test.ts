import { describe, expect, test } from 'vitest'
import { API, arazzo, documentOf, oneWorkflow, problemsOf } from './reading.ts'

const step = (fields: string) =>
  oneWorkflow(`      - { stepId: a, ${fields}, parameters: [{ name: id, in: path, value: 1 }] }\n`)
const quiet = { severities: { 'unknown-parameter': 'off' } } as const

async function operationOf(fields: string) {
  const document = await documentOf(step(fields), quiet)
  const { target } = document.workflows[0]!.steps[0]!
  return target.kind === 'operation' ? `${target.source}: ${target.operation.method} ${target.operation.path}` : target
}

describe('operationId', () => {
  test('that is not there, or is there in another letter case', async () => {
    expect(await problemsOf(step('operationId: listItms'))).toMatchInlineSnapshot(
      `"main.yaml:8:35 error undefined-operation: Failed to resolve operation "listItms": source "api" has no such operationId. Did you mean "listItems"?"`,
    )
    expect(await problemsOf(step('operationId: checkout'))).toMatchInlineSnapshot(
      `"main.yaml:8:35 error undefined-operation: Failed to resolve operation "checkout": source "api" has no such operationId. Its operations are login, listItems, getItem."`,
    )
    expect(await problemsOf(step('operationId: $sourceDescriptions.api.getItms'))).toMatchInlineSnapshot(
      `"main.yaml:8:35 error undefined-operation: Failed to resolve operation $sourceDescriptions.api.getItms: source "api" has no such operationId. Did you mean "getItem"?"`,
    )
    expect(await problemsOf(step('operationId: $sourceDescriptions.apis.getItem'))).toMatchInlineSnapshot(
      `"main.yaml:8:35 error undefined-source: Failed to resolve operation $sourceDescriptions.apis.getItem: the document has no source "apis". Did you mean "api"?"`,
    )
    expect(await problemsOf(step('operationId: getitem'), quiet)).toMatchInlineSnapshot(
      `"main.yaml:8:35 warning operation-form: Failed to resolve operation "getitem": operationIds are case-sensitive, and it is "getItem" in source "api". Write getItem."`,
    )
  })

  test('with several sources: looked for in all, ambiguous when several have it', async () => {
    const files: Record<string, string> = {
      ...oneWorkflow(`      - { stepId: a, operationId: listItems }
      - { stepId: b, operationId: listUsers }
      - { stepId: c, operationId: $sourceDescriptions.api.listUsers }
      - { stepId: d, operationId: listUsrs }
      - { stepId: e, operationId: twice }
`),
      'users.yaml': `openapi: 3.0.0
paths:
  /items: { get: { operationId: listItems } }
  /users: { get: { operationId: listUsers }, post: { operationId: twice }, put: { operationId: twice } }
`,
    }
    files['main.yaml'] = files['main.yaml']!.replace('workflows:', '  - { name: users, url: ./users.yaml }\nworkflows:')
    expect(await problemsOf(files)).toMatchInlineSnapshot(`
      "main.yaml:9:35 error ambiguous-operation: Failed to resolve operation "listItems": the sources api and users have it. Write $sourceDescriptions.api.listItems or $sourceDescriptions.users.listItems.
      main.yaml:10:35 warning operation-form: Failed to resolve operation "listUsers": the document has several sources, and only "users" has it today. Write $sourceDescriptions.users.listUsers.
      main.yaml:11:35 error undefined-operation: Failed to resolve operation $sourceDescriptions.api.listUsers: source "api" has no such operationId. Did you mean $sourceDescriptions.users.listUsers?
      main.yaml:12:35 error undefined-operation: Failed to resolve operation "listUsrs": none of the sources "api", "users" has such an operationId. Did you mean "listUsers"?
      main.yaml:13:35 warning ambiguous-operation: Failed to resolve operation "twice": source "users" has it more than once (POST /users, PUT /users); the first is used. Use an \`operationPath\`."
    `)
  })
})

describe('operationPath', () => {
  test.each([
    ["'{$sourceDescriptions.api.url}#/paths/~1items~1{id}/get'", 'api: GET /items/{id}'],
    ["'{$sourceDescriptions.api.url}#/paths/~1items~1%7Bid%7D/get'", 'api: GET /items/{id}'],
    ['$sourceDescriptions.api.url#/paths/~1login/post', 'api: POST /login'],
  ])('%s', async (path, found) => {
    expect(await operationOf(`operationPath: ${path}`)).toBe(found)
  })

  const at = (pointer: string) => step(`operationPath: '{$sourceDescriptions.api.url}#${pointer}'`)

  test('that leads to a path with one operation', async () => {
    expect(await problemsOf(at('/paths/~1items'), quiet)).toMatchInlineSnapshot(
      `"main.yaml:8:38 warning operation-form: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1items: it leads to the path, not to an operation; its only one, get, is used. Add /get to it."`,
    )
  })

  test('that leads nowhere', async () => {
    expect(await problemsOf(at('/paths/~1items/post'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1items/post: path /items has no operation "post". Its operations are get."`,
    )
    expect(await problemsOf(at('/paths/~1items/GET'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1items/GET: path /items has no operation "GET". Did you mean "get"?"`,
    )
    expect(await problemsOf(at('/paths/~1itms/get'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1itms/get: the description has no path /itms. Did you mean "/items"?"`,
    )
    expect(await problemsOf(at('/paths/~1items~1{itemId}/get'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1items~1{itemId}/get: the description has no path /items/{itemId}. Did you mean #/paths/~1items~1{id}?"`,
    )
    expect(await problemsOf(at('/components/pathItems/x'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/components/pathItems/x: the pointer leads to no path. Write the path behind #/paths/, with ~1 for each slash."`,
    )
    expect(await problemsOf(at(''))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#: the pointer leads to no path. Write the path behind #/paths/, with ~1 for each slash."`,
    )
  })

  test('that leads to a path with several operations', async () => {
    const files = at('/paths/~1items')
    files['api.yaml'] = API.replace('  /items:\n', '  /items:\n    post: {}\n    delete: {}\n')
    expect(await problemsOf(files)).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.api.url}#/paths/~1items: it leads to a path with the operations post, delete, get. Add one of them, as in /post."`,
    )
  })

  test('in other forms', async () => {
    expect(await problemsOf(step('operationPath: ./api.yaml#/paths/~1items/get'))).toMatchInlineSnapshot(
      `"main.yaml:8:37 error operation-form: Failed to resolve operationPath ./api.yaml#/paths/~1items/get: it names no source. Write it as '{$sourceDescriptions.api.url}#/paths/~1items/get'."`,
    )
    expect(await problemsOf(step('operationPath: /items'))).toMatchInlineSnapshot(
      `"main.yaml:8:37 error operation-form: Failed to resolve operationPath /items: it names no source. Write it as '{$sourceDescriptions.api.url}#/paths/~1items/get'."`,
    )
    expect(
      await problemsOf(step("operationPath: '{$sourceDescriptions.apy.url}#/paths/~1items/get'")),
    ).toMatchInlineSnapshot(
      `"main.yaml:8:38 error undefined-source: Failed to resolve operationPath {$sourceDescriptions.apy.url}#/paths/~1items/get: the document has no source "apy". Did you mean "api"?"`,
    )
    expect(await problemsOf(step('operationPath: $sourceDescriptions.api.listItems'), quiet)).toMatchInlineSnapshot(
      `"main.yaml:8:37 warning operation-form: Failed to resolve operationPath $sourceDescriptions.api.listItems: this is an operationId. Write \`operationId: $sourceDescriptions.api.listItems\`."`,
    )
  })
})

describe('a step', () => {
  test('says one thing to run', async () => {
    expect(await problemsOf(oneWorkflow('      - { stepId: a }\n'))).toMatchInlineSnapshot(
      `"main.yaml:8:11 error missing-field: Failed to read step "a": it does not say what to run. Give it an \`operationId\`, an \`operationPath\` or a \`workflowId\`."`,
    )
    expect(await problemsOf(step('operationId: getItem, workflowId: main'), quiet)).toMatchInlineSnapshot(
      `"main.yaml:8:44 error exclusive-fields: Failed to read step "a": \`operationId\` and \`workflowId\` exclude each other. Remove one of them."`,
    )
  })

  test('that runs a workflow', async () => {
    const text = arazzo(`  - workflowId: main
    steps:
      - { stepId: a, workflowId: other, requestBody: { payload: {} }, parameters: [{ name: id, in: query, value: 1 }, { name: ide, value: 1 }] }
      - { stepId: b, workflowId: othr }
      - { stepId: c, workflowId: $sourceDescriptions.api.x }
      - { stepId: d, workflowId: $sourceDescriptions.ap.x }
  - workflowId: other
    inputs: { properties: { id: {}, page: {}, size: { default: 3 } }, required: [id, page, size] }
    steps: [{ stepId: a, operationId: listItems }]`)
    expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:8:11 warning missing-input: Failed to read step "a": workflow "other" requires the input "page". Pass it in \`parameters\`, or give it a default.
      main.yaml:8:41 warning irrelevant-field: Failed to read step "a": a workflow takes inputs, not a request body. Pass them in \`parameters\`.
      main.yaml:8:127 warning undefined-input: Failed to read parameter "ide" of step "a": workflow "other" declares no input "ide". Did you mean "id"?
      main.yaml:9:34 error undefined-workflow: Failed to resolve workflow "othr": the document has no such workflow. Did you mean "other"?
      main.yaml:10:34 error undefined-source: Failed to resolve workflow $sourceDescriptions.api.x: source "api" is not an Arazzo document. Use \`operationId\` for an operation.
      main.yaml:11:34 error undefined-source: Failed to resolve workflow $sourceDescriptions.ap.x: the document has no source "ap". Did you mean "api"?"
    `)
  })
})

describe('parameters', () => {
  test('of an operation have a place, and are known to it', async () => {
    const files = oneWorkflow(`      - stepId: a
        operationId: getItem
        parameters:
          - { name: id, value: 1 }
          - { name: id, in: query, value: 1 }
          - { name: Authorization, in: header, value: 1 }
          - { name: X-Key, in: header, value: 1 }
          - { name: key, in: query, value: 1 }
`)
    files['api.yaml'] += 'components: { securitySchemes: { key: { type: apiKey, in: header, name: x-key } } }\n'
    expect(await problemsOf(files)).toMatchInlineSnapshot(`
      "main.yaml:11:21 error missing-in: Failed to read parameter "id" of step "a": it does not say where it goes. Add \`in: path\`, \`query\`, \`header\` or \`cookie\`.
      main.yaml:12:21 warning unknown-parameter: Failed to read parameter "id" of step "a": GET /items/{id} has no query parameter "id". Write \`in: path\`.
      main.yaml:15:21 warning unknown-parameter: Failed to read parameter "key" of step "a": GET /items/{id} has no query parameter "key". It is sent as written: declare it in the description, or remove it."
    `)
  })

  test('in the path are needed, from the step or its workflow', async () => {
    const steps = '      - { stepId: a, operationId: getItem }\n'
    expect(await problemsOf(oneWorkflow(steps))).toMatchInlineSnapshot(
      `"main.yaml:8:11 error missing-parameter: Failed to read step "a": GET /items/{id} needs the path parameter "id". Add to \`parameters\`: { name: id, in: path, value: … }."`,
    )
    expect(await problemsOf(oneWorkflow(steps, { head: '    parameters: [{ name: id, in: path, value: 1 }]\n' }))).toBe(
      '',
    )
    // It may be one of those that cannot be read: one mistake has one problem.
    for (const [written, found] of [
      ["{ $ref: '#/components/parameters/id' }", 'Write `reference: $components.parameters.id`.'],
      ['{ reference: $components.parameters.id }', '$components.parameters.id'],
    ] as const) {
      const step = `      - { stepId: a, operationId: getItem, parameters: [${written}] }\n`
      const list = await problemsOf(oneWorkflow(step))
      expect(list).toContain(found)
      expect(list).not.toContain('missing-parameter')
    }
    const near = (name: string) =>
      oneWorkflow(`      - { stepId: a, operationId: getItem, parameters: [{ name: ${name}, in: path, value: 1 }] }\n`)
    expect(await problemsOf(near('idd'))).toMatchInlineSnapshot(`
      "main.yaml:8:11 error missing-parameter: Failed to read step "a": GET /items/{id} needs the path parameter "id". Is that "idd"?
      main.yaml:8:65 warning unknown-parameter: Failed to read parameter "idd" of step "a": GET /items/{id} has no path parameter "idd". Did you mean "id"?"
    `)
    const document = await documentOf(near('_ID'))
    expect(document.workflows[0]!.steps[0]!.parameters[0]).toMatchObject({ name: 'id', in: 'path' })
    expect(document.warnings.map(({ message, hint }) => `${message} ${hint}`)).toMatchInlineSnapshot(`
      [
        "Failed to read parameter "_ID" of step "a": GET /items/{id} has no path parameter of that name; it is taken for "id". Write \`name: id\`.",
      ]
    `)
  })

  test('of a workflow are known to one of its operations at least', async () => {
    const head = `    parameters:
      - { name: page, in: query, value: 1 }
      - { name: pages, in: query, value: 1 }
      - { name: placeless, value: 1 }
`
    expect(
      await problemsOf(oneWorkflow('      - { stepId: a, operationId: listItems }\n', { head })),
    ).toMatchInlineSnapshot(`
      "main.yaml:9:17 warning unknown-parameter: Failed to read parameter "pages" of workflow "main": none of its operations has a query parameter "pages". It is sent as written: declare it in the description, or remove it.
      main.yaml:10:17 error missing-in: Failed to read parameter "placeless" of workflow "main": it does not say where it goes. Add \`in: path\`, \`query\`, \`header\` or \`cookie\`."
    `)
  })
})

test('what an operation requires and nobody sends is warned of', async () => {
  const api = `openapi: 3.1.0
components: { securitySchemes: { key: { type: apiKey, in: query, name: key } } }
paths:
  /orders:
    post:
      operationId: order
      parameters:
        - { name: q, in: query, required: true, schema: {} }
        - { name: key, in: query, required: true, schema: {} }
        - { name: X-Trace, in: header, required: true, schema: {} }
        - { name: Accept, in: header, required: true, schema: {} }
        - { name: sid, in: cookie, schema: {} }
      requestBody: { required: true, content: { application/json: {} } }
`
  const problems = (fields: string) =>
    problemsOf({ ...oneWorkflow(`      - { stepId: a, operationId: order${fields} }\n`), 'api.yaml': api })
  expect(await problems('')).toMatchInlineSnapshot(`
    "main.yaml:8:11 warning missing-parameter: Failed to read step "a": POST /orders requires a request body. Add a \`requestBody\` with a \`payload\`.
    main.yaml:8:11 warning missing-parameter: Failed to read step "a": POST /orders requires the header parameter "X-Trace". Add to \`parameters\`: { name: X-Trace, in: header, value: … }.
    main.yaml:8:11 warning missing-parameter: Failed to read step "a": POST /orders requires the query parameter "q". Add to \`parameters\`: { name: q, in: query, value: … }."
  `)
  const given = `parameters: [{ name: q, in: query, value: 1 }, { name: x-trace, in: header, value: 1 }]`
  expect(await problems(`, ${given}, requestBody: { payload: {} }`)).toBe('')
})
