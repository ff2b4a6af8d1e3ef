import { describe, expect, test } from 'vitest'
import { API, arazzo, documentOf, oneWorkflow, problemsOf } from './reading.ts'

const INPUTS = (more = '') =>
  `    inputs:\n      type: object\n      properties: { user: {}, customer: { type: object } }\n${more}`

/** Two steps, the second of which has these fields (YAML, indented by eight). */
const second = (fields: string, head = '') =>
  oneWorkflow(
    `      - stepId: login
        operationId: login
        outputs: { token: $response.body#/token, user: $response.body }
      - stepId: list
        operationId: listItems
${fields}`,
    { head },
  )

describe('what cannot be read is told at its very character', () => {
  test('in plain, quoted and block scalars', async () => {
    const fields = `        successCriteria:
          - condition: $statusCode === 200
          - condition: '$statusCode == ''ok'' &&& 1'
          - condition: "\\u0024statusCode == \\"ok\\" && ("
          - condition: |
              $statusCode == 200 &&
              $respnse.body == 1
          - condition: >-
              $statusCode == 200
              && $response.bdy == 1
        requestBody:
          payload: |
            {
              "token": "{$steps.login.outputs.}",
              "user": "{$inputs}"
            }
        parameters:
          - { name: page, in: query, value: $inputs. }
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:14:38 error invalid-expression: Failed to read criterion 1 of step "list": expected a value or an operator, found "=". Write == for equality.
      main.yaml:15:49 error invalid-expression: Failed to read criterion 2 of step "list": expected a value or an operator, found "&". Write && for "and", || for "or".
      main.yaml:16:56 error invalid-expression: Failed to read criterion 3 of step "list": expected a value, found the end. A condition combines expressions, literals and operators: \`$statusCode == 200 && $inputs.id != null\`.
      main.yaml:19:15 error invalid-expression: Failed to read criterion 4 of step "list": expected an expression, found "$respnse". Did you mean "$response"?
      main.yaml:22:28 error invalid-expression: Failed to read criterion 5 of step "list": expected a part of the response, found "bdy". Did you mean "body"?
      main.yaml:26:46 error invalid-expression: Failed to read the request body of step "list": expected an output's name after "$steps.login.outputs.", found ".". Write $steps.<stepId>.outputs.<output>.
      main.yaml:30:53 warning expression-form: Failed to read parameter "page" of step "list": "$inputs." is taken as text: expected the name of an input after "$inputs.", found the end. Correct the expression, or leave it as it is if text is meant."
    `)
  })

  test('in nested payloads and Selector Objects', async () => {
    const fields = `        requestBody:
          payload:
            list:
              - ok
              - name: 'a {$steps.login} b'
            picked:
              context: $response.bdy
              selector: $.a
              type: jsonpath
            other: { context: $steps.login.outputs.user, selector: "$.a[", type: jsonpath }
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:17:39 error invalid-expression: Failed to read the request body of step "list": expected ".outputs." and an output after "$steps.login", found "}". Write $steps.<stepId>.outputs.<output>.
      main.yaml:19:34 error invalid-expression: Failed to read the request body of step "list": expected a part of the response, found "bdy". Did you mean "body"?
      main.yaml:22:73 error invalid-expression: Failed to read the request body of step "list": expected a JSONPath (RFC 9535), found "$.a[" (unclosed bracketed selection). Write one such as \`$.items[?@.price > 10]\`; the older dialect is \`draft-goessner-dispatch-jsonpath-00\`."
    `)
  })

  test('in patterns, queries and contexts', async () => {
    const fields = `        successCriteria:
          - { context: $statusCode, condition: '^(2', type: regex }
          - { context: $response.body, condition: '$.a[?', type: jsonpath }
          - { context: $response.body, condition: '//a[', type: xpath }
          - { context: response.body, condition: $.a, type: jsonpath }
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:14:49 error invalid-expression: Failed to read criterion 1 of step "list": expected a regular expression, found "^(2" (missing closing ): "^(2"). Write one such as \`^2\\d{2}$\`, with \`\\\` before characters that stand for themselves.
      main.yaml:15:57 warning expression-form: Failed to read criterion 2 of step "list": expected a JSONPath (RFC 9535), found "$.a[?" (unclosed bracketed selection), so that the criterion always fails. Write one such as \`$.items[?@.price > 10]\`; the older dialect is \`draft-goessner-dispatch-jsonpath-00\`.
      main.yaml:16:55 warning expression-form: Failed to read criterion 3 of step "list": expected an XPath that can be evaluated, found "//a[" (XPST0003: Failed to parse script. Expected end of input), so that the criterion always fails. Write one such as \`//item[@price > 10]\`.
      main.yaml:17:24 error invalid-expression: Failed to read criterion 4 of step "list": expected an expression that starts with "$", found "r". An expression is \`$inputs.<name>\`, \`$steps.<stepId>.outputs.<name>\`, \`$response.body#/<pointer>\` or the like."
    `)
  })

  test('a word that is found in a condition does not say in which language it is written', async () => {
    const fields = `        successCriteria:
          - condition: $statusCode 'of the XPath'
`
    expect(await problemsOf(second(fields))).toContain(
      `found "'of the XPath'". A condition combines expressions, literals and operators`,
    )
  })

  test('a type without a context', async () => {
    const fields = `        successCriteria:
          - { condition: ^2, type: regex }
          - { condition: $statusCode == 200, type: simple }
          - { condition: $statusCode == 200, context: $response.body }
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:14:30 error missing-context: Failed to read criterion 1 of step "list": \`type\` is given without a \`context\`. Say what it is applied to, as in \`context: $response.body\`.
      main.yaml:15:46 warning missing-context: Failed to read criterion 2 of step "list": \`type\` is given without a \`context\`. Leave \`type\` out.
      main.yaml:16:55 warning expression-form: Failed to read criterion 3 of step "list": a simple condition has no use for a context. Give the criterion a type (regex, jsonpath or xpath), or leave out the context."
    `)
  })

  test('an expression in braces without quotes is an object', async () => {
    const fields = `        parameters:
          - name: page
            in: query
            value: {$steps.login.outputs.token}
        outputs:
          id: {$response.body}
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:16:20 error expression-form: Failed to read parameter "page" of step "list": {$steps.login.outputs.token} without quotes is an object in YAML. Put it in quotes: '{$steps.login.outputs.token}'.
      main.yaml:18:15 error wrong-type: Failed to read output "id" of step "list": it is an object, not text. Put it in quotes: '{$response.body}'."
    `)
  })

  test('other ways to write what is meant are warnings', async () => {
    const fields = `        parameters:
          - { name: page, in: query, value: $steps.login.token }
        outputs:
          first: $response.body[0].id
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:14:45 warning expression-form: Failed to read parameter "page" of step "list": "login.token" lacks ".outputs." and is read as an output. Write $steps.login.outputs.token.
      main.yaml:16:18 warning expression-form: Failed to read output "first" of step "list": "[0].id" is read as the JSON Pointer "/0/id". Write $response.body#/0/id."
    `)
  })
})

describe('names', () => {
  test('of steps and their outputs', async () => {
    const fields = `        parameters:
          - { name: page, in: query, value: $steps.logn.outputs.token }
        requestBody:
          payload: { a: "x {$steps.login.outputs.tokn} y" }
        outputs:
          dotted: $steps.login.outputs.user.name
          gone: $steps.login.outputs.zzz.name
`
    expect(await problemsOf(second(fields))).toMatchInlineSnapshot(`
      "main.yaml:14:45 error undefined-step: Failed to resolve $steps.logn.outputs.token: workflow "main" has no step "logn". Did you mean "login"?
      main.yaml:16:29 error undefined-output: Failed to resolve $steps.login.outputs.tokn: step "login" has no output "tokn". Did you mean "token"?
      main.yaml:19:17 warning undefined-output: Failed to resolve $steps.login.outputs.zzz.name: step "login" has no output "zzz.name". Its outputs are token, user."
    `)
  })

  test('of inputs: an error where others are refused, a warning where nothing is said, nothing where they are invited', async () => {
    const fields = `        parameters:
          - { name: page, in: query, value: $inputs.usr }
          - { name: id, in: query, value: $inputs.customer.id }
`
    const options = { severities: { 'unknown-parameter': 'off' } } as const
    expect(await problemsOf(second(fields, INPUTS()), options)).toMatchInlineSnapshot(
      `"main.yaml:17:45 warning undefined-input: Failed to resolve $inputs.usr: workflow "main" declares no input "usr". Did you mean "user"?"`,
    )
    expect(
      await problemsOf(second(fields, INPUTS('      additionalProperties: false\n')), options),
    ).toMatchInlineSnapshot(
      `"main.yaml:18:45 error undefined-input: Failed to resolve $inputs.usr: workflow "main" declares no input "usr". Did you mean "user"?"`,
    )
    expect(await problemsOf(second(fields, INPUTS('      additionalProperties: true\n')), options)).toBe('')
    expect(await problemsOf(second(fields, '    inputs: { type: object }\n'), options)).toBe('')
    expect(await problemsOf(second(fields), options)).toMatchInlineSnapshot(`
      "main.yaml:14:45 warning undefined-input: Failed to resolve $inputs.usr: workflow "main" declares no input "usr". Add "usr" to the properties of its \`inputs\`.
      main.yaml:15:43 warning undefined-input: Failed to resolve $inputs.customer.id: workflow "main" declares no input "customer.id". Add "customer.id" to the properties of its \`inputs\`."
    `)
  })

  test('of inputs declared in parts of the schema', async () => {
    const head = `    inputs:
      allOf: [{ properties: { user: {} } }, { $ref: '#/components/inputs/more' }]
      if: { properties: { kind: {} } }
`
    const files = second(
      `        requestBody: { payload: [$inputs.user, $inputs.kind, $inputs.page, $inputs.nothing] }\n`,
      head,
    )
    files['main.yaml'] += 'components: { inputs: { more: { properties: { page: {} } } } }\n'
    expect(await problemsOf(files)).toMatchInlineSnapshot(
      `"main.yaml:16:76 warning undefined-input: Failed to resolve $inputs.nothing: workflow "main" declares no input "nothing". Its inputs are user, page, kind."`,
    )
  })

  test('of workflows, sources and components', async () => {
    const fields = `        requestBody:
          payload:
            - $workflows.main.inputs.user
            - $workflows.man.outputs.x
            - $workflows.main.outputs.x
            - $workflows.main.outputs.done
            - $sourceDescriptions.api.url
            - $sourceDescriptions.api.listItems
            - $sourceDescriptions.api.listItms
            - $sourceDescriptions.ap.url
            - $components.parameters.page
    outputs:
      done: $steps.list.outputs.none
`
    expect(await problemsOf(second(fields, INPUTS()))).toMatchInlineSnapshot(`
      "main.yaml:19:15 error undefined-workflow: Failed to resolve $workflows.man.outputs.x: the document has no workflow "man". Did you mean "main"?
      main.yaml:20:15 error undefined-output: Failed to resolve $workflows.main.outputs.x: workflow "main" has no output "x". Its outputs are done.
      main.yaml:23:15 warning unavailable-value: Failed to resolve $sourceDescriptions.api.listItems: an operation is not a value, and this is nothing when it is run. Write it in \`operationId\`, or read an output of the step that runs it.
      main.yaml:24:15 error undefined-operation: Failed to resolve $sourceDescriptions.api.listItms: source "api" has no operation and no field "listItms". Did you mean "listItems"?
      main.yaml:25:15 error undefined-source: Failed to resolve $sourceDescriptions.ap.url: the document has no source "ap". Did you mean "api"?
      main.yaml:26:15 error undefined-component: Failed to resolve $components.parameters.page: \`components.parameters\` has no "page". Add it there, or correct the reference.
      main.yaml:28:13 error undefined-output: Failed to resolve $steps.list.outputs.none: step "list" has no output "none". Add "none" to its \`outputs\`."
    `)
  })

  test('`$outputs` are those of the workflow that a step runs, else of the workflow in hand', async () => {
    const text = arazzo(`  - workflowId: outer
    steps:
      - stepId: run
        workflowId: inner
        outputs: { id: $outputs.id, no: $outputs.nothing, own: $outputs.own }
      - stepId: list
        operationId: listItems
        outputs: { id: $outputs.own, no: $outputs.id }
    outputs: { own: $steps.run.outputs.id }
  - workflowId: inner
    steps: [{ stepId: list, operationId: listItems, outputs: { id: $response.body } }]
    outputs: { id: $steps.list.outputs.id }`)
    expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:10:41 warning undefined-output: Failed to resolve $outputs.nothing: workflow "inner" has no output "nothing". Its outputs are id.
      main.yaml:13:42 warning undefined-output: Failed to resolve $outputs.id: workflow "outer" has no output "id". Its outputs are own."
    `)
  })

  test('$message is of steps on channels', async () => {
    expect(await problemsOf(second('        outputs: { id: $message.payload.id }\n'))).toMatchInlineSnapshot(
      `"main.yaml:13:24 warning unavailable-value: Failed to resolve $message.payload.id: the step neither sends nor receives a message. Make it an output of the step that receives it, and write $steps.<stepId>.outputs.<output>."`,
    )
  })
})

describe('what is not there yet', () => {
  test('the response before the request, an exchange where there is none', async () => {
    const fields = `        parameters:
          - { name: page, in: query, value: $response.body#/page }
          - { name: id, in: query, value: "{$statusCode}" }
          - { name: url, in: query, value: $url }
    outputs:
      code: $statusCode
      url: $url
`
    expect(await problemsOf(second(fields), { severities: { 'unknown-parameter': 'off' } })).toMatchInlineSnapshot(`
      "main.yaml:14:45 warning unavailable-value: Failed to resolve $response.body#/page: the step has no response yet. To use an earlier response, make it an output of its step, and write $steps.<stepId>.outputs.<output>.
      main.yaml:15:45 warning unavailable-value: Failed to resolve $statusCode: the step has no response yet. To use an earlier response, make it an output of its step, and write $steps.<stepId>.outputs.<output>.
      main.yaml:18:13 warning unavailable-value: Failed to resolve $statusCode: a workflow has no request or response of its own. Make it an output of the step, and write $steps.<stepId>.outputs.<output>.
      main.yaml:19:12 warning unavailable-value: Failed to resolve $url: a workflow has no request or response of its own. Make it an output of the step, and write $steps.<stepId>.outputs.<output>."
    `)
  })
})

test('a component is checked for each step that uses it, and on its own when none does', async () => {
  const files = oneWorkflow(
    `      - stepId: login
        operationId: login
        parameters: [{ reference: $components.parameters.token }]
        outputs: { token: $response.body }
      - stepId: list
        operationId: listItems
        parameters: [{ reference: $components.parameters.token, value: $steps.login.outputs.token }]
`,
    {
      more: `components:
  parameters:
    token: { name: Authorization, in: header, value: 'Bearer {$steps.login.outputs.tokn}' }
    unused: { name: page, in: query, value: '{$inputs}' }
  successActions:
    unused: { name: a, type: goto, stepId: somewhere, criteria: [{ condition: '1 ==' }] }
`,
    },
  )
  expect(await problemsOf(files)).toMatchInlineSnapshot(`
    "main.yaml:18:63 error undefined-output: Failed to resolve $steps.login.outputs.tokn: step "login" has no output "tokn". Did you mean "token"?
    main.yaml:19:54 error invalid-expression: Failed to read parameter "page" of \`components.parameters.unused\`: expected "." and a name after "$inputs", found "}". An expression is \`$inputs.<name>\`, \`$steps.<stepId>.outputs.<name>\`, \`$response.body#/<pointer>\` or the like.
    main.yaml:21:84 error invalid-expression: Failed to read criterion 1 of success action "a" of \`components.successActions.unused\`: expected a value, found the end. A condition combines expressions, literals and operators: \`$statusCode == 200 && $inputs.id != null\`."
  `)
})

test('templates and criteria come out read', async () => {
  const document = await documentOf(
    second(`        parameters:
          - { name: page, in: query, value: $steps.login.outputs.token }
        successCriteria:
          - condition: '$statusCode == 200'
`),
  )
  const [, list] = document.workflows[0]!.steps
  expect(list!.parameters[0]!.value).toMatchObject({
    kind: 'expression',
    expression: { kind: 'steps', stepId: 'login', output: 'token' },
  })
  expect(list!.successCriteria[0]).toMatchObject({
    text: '$statusCode == 200',
    at: { line: 16, column: 25 },
    test: { type: 'simple', condition: { kind: 'comparison', operator: '==' } },
  })
})
