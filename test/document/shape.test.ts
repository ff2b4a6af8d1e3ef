import { describe, expect, test } from 'vitest'
import { API, arazzo, oneWorkflow, problemsOf } from './reading.ts'

const STEP = '      - { stepId: a, operationId: listItems }'

describe('fields', () => {
  test('that are missing are told where their object is named', async () => {
    expect(
      await problemsOf({
        'main.yaml': 'arazzo: 1.1.0\ninfo: {}\nsourceDescriptions:\n  - url: x\nworkflows:\n  - {}\n',
      }),
    ).toMatchInlineSnapshot(`
      "main.yaml:2:1 error missing-field: Failed to read the info: \`title\` is missing. Add \`title: …\`.
      main.yaml:2:1 error missing-field: Failed to read the info: \`version\` is missing. Add \`version: '1.0.0'\`.
      main.yaml:4:5 error missing-field: Failed to read source 1: \`name\` is missing. Add \`name: …\`.
      main.yaml:6:5 error missing-field: Failed to read workflow 1: \`steps\` is missing. Add \`steps: [{ stepId: …, operationId: … }]\`.
      main.yaml:6:5 error missing-field: Failed to read workflow 1: \`workflowId\` is missing. Add \`workflowId: …\`."
    `)
    expect(await problemsOf({ 'main.yaml': 'info: { title: a, version: b }\n' })).toMatchInlineSnapshot(`
      "main.yaml:1:1 error missing-field: Failed to read the document: \`arazzo\` is missing. Add \`arazzo: 1.1.0\`.
      main.yaml:1:1 error missing-field: Failed to read the document: \`sourceDescriptions\` is missing. Add \`sourceDescriptions: [{ name: api, url: ./openapi.yaml, type: openapi }]\`.
      main.yaml:1:1 error missing-field: Failed to read the document: \`workflows\` is missing. Add \`workflows: [{ workflowId: …, steps: […] }]\`."
    `)
  })

  test('of other types are told at their value', async () => {
    const text = `arazzo: 1.1
info: { title: 1, version: [1] }
sourceDescriptions: { name: api }
workflows:
  - workflowId: a
    summary: { $inputs.x: }
    inputs: text
    dependsOn: b
    steps:
      - text
      - stepId: b
        operationId: true
        timeout: soon
        outputs: [a]
        successCriteria: [{ condition: 200 }]
`
    expect(await problemsOf({ 'main.yaml': text })).toMatchInlineSnapshot(`
      "main.yaml:1:9 error wrong-type: Failed to read the document: \`arazzo\` is a number (1.1), not text. Write it with all three numbers: \`arazzo: 1.1.0\`.
      main.yaml:2:16 error wrong-type: Failed to read the info: \`title\` is a number (1), not text. Put it in quotes.
      main.yaml:2:28 error wrong-type: Failed to read the info: \`version\` is a list, not text. Write it as text.
      main.yaml:3:21 error wrong-type: Failed to read the document: \`sourceDescriptions\` is an object, not a list. Write its items, one below the other, each behind a \`-\`.
      main.yaml:6:14 error wrong-type: Failed to read workflow "a": \`summary\` is an object, not text. Put it in quotes: '{$inputs.x}'.
      main.yaml:7:13 error wrong-type: Failed to read workflow "a": \`inputs\` is text ("text"), not an object. Write its fields, one below the other: \`name: value\`.
      main.yaml:8:16 error wrong-type: Failed to read workflow "a": \`dependsOn\` is text ("b"), not a list. Write its items, one below the other, each behind a \`-\`.
      main.yaml:10:9 error wrong-type: Failed to read step 1: it is text ("text"), not an object. Write its fields, one below the other: \`name: value\`.
      main.yaml:12:22 error wrong-type: Failed to read step "b": \`operationId\` is a boolean (true), not text. Put it in quotes.
      main.yaml:13:18 error wrong-type: Failed to read step "b": \`timeout\` is text ("soon"), not a number. Write a number without quotes.
      main.yaml:14:18 error wrong-type: Failed to read step "b": \`outputs\` is a list, not an object. Write its members, one below the other: \`name: value\`.
      main.yaml:15:40 error wrong-type: Failed to read criterion 1 of step "b": \`condition\` is a number (200), not text. Put it in quotes."
    `)
  })

  test('that are unknown are told at their key, with what was meant', async () => {
    const steps = `      - stepId: a
        operationID: listItems
        operationId: listItems
        x-mine: anything
        comment: hello
        successCriteria:
          - condition: $statusCode == 200
            contxt: $response.body
        onFailure:
          - { name: again, type: retry, retryafter: 1 }
`
    expect(await problemsOf(oneWorkflow(steps, { more: 'component: {}' }))).toMatchInlineSnapshot(`
      "main.yaml:9:9 error unknown-field: Failed to read step "a": a Step Object has no field \`operationID\`. Did you mean \`operationId\`?
      main.yaml:12:9 error unknown-field: Failed to read step "a": a Step Object has no field \`comment\`. Remove it; the name of a field of your own begins with \`x-\`.
      main.yaml:15:13 error unknown-field: Failed to read criterion 1 of step "a": a Criterion Object has no field \`contxt\`. Did you mean \`context\`?
      main.yaml:17:41 error unknown-field: Failed to read failure action "again" of step "a": a Failure Action Object has no field \`retryafter\`. Did you mean \`retryAfter\`?
      main.yaml:19:1 error unknown-field: Failed to read the document: an Arazzo Specification Object has no field \`component\`. Did you mean \`components\`?"
    `)
  })

  test('of 1.1 in a document of 1.0 are told with what to do', async () => {
    const steps = `      - stepId: a
        operationId: listItems
        timeout: 100
        parameters:
          - { name: q, in: querystring, value: a=b }
        outputs:
          picked: { context: $response.body, selector: $.a, type: jsonpath }
          self: $self
        onFailure:
          - { name: again, type: retry, workflowId: main, parameters: [] }
`
    expect(
      await problemsOf(oneWorkflow(steps, { version: '1.0.1', more: '$self: https://example.com/x' })),
    ).toMatchInlineSnapshot(`
      "main.yaml:10:9 error newer-field: Failed to read step "a": \`timeout\` came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top, or remove it.
      main.yaml:12:28 error newer-field: Failed to read parameter "q" of step "a": \`in\` "querystring" came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top.
      main.yaml:14:19 error newer-field: Failed to read output "picked" of step "a": a Selector Object came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top.
      main.yaml:15:17 error newer-field: Failed to resolve $self: $self came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top.
      main.yaml:17:59 error newer-field: Failed to read failure action "again" of step "a": \`parameters\` came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top, or remove it.
      main.yaml:19:1 error newer-field: Failed to read the document: \`$self\` came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top, or remove it."
    `)
    const same = oneWorkflow(steps.replace('querystring', 'query').replace(', value: a=b', ', value: 1'), {
      more: '$self: https://example.com/x',
    })
    expect(await problemsOf(same)).toMatchInlineSnapshot(
      `"main.yaml:12:21 warning unknown-parameter: Failed to read parameter "q" of step "a": GET /items has no query parameter "q". It has "page"."`,
    )
  })
})

describe('values', () => {
  test('out of a closed list, empty lists, numbers out of range', async () => {
    const steps = `      - stepId: a
        operationId: listItems
        timeout: 0
        successCriteria: []
        parameters:
          - { name: a, in: heder, value: 1 }
        onSuccess: [{ name: a, type: retry }]
        onFailure: [{ name: b, type: retry, retryAfter: -0.5, retryLimit: 1.5 }]
        requestBody:
          replacements: [{ target: /a, value: 1, targetSelectorType: xpth }]
`
    const more = '$self: https://example.com/x#part\ncomponents: { inputs: { "a b": {} } }'
    expect(await problemsOf(oneWorkflow(steps, { more }))).toMatchInlineSnapshot(`
      "main.yaml:10:18 error invalid-value: Failed to read step "a": \`timeout\` is 0. Use 1 or more.
      main.yaml:11:26 error invalid-value: Failed to read step "a": \`successCriteria\` is empty. It needs at least one item.
      main.yaml:13:28 error invalid-value: Failed to read parameter "a" of step "a": \`in\` is "heder". Did you mean "header"?
      main.yaml:14:38 error invalid-value: Failed to read success action "a" of step "a": \`type\` is "retry". Use "end" or "goto".
      main.yaml:15:57 error invalid-value: Failed to read failure action "b" of step "a": \`retryAfter\` is -0.5. Use 0 or more.
      main.yaml:15:75 error wrong-type: Failed to read failure action "b" of step "a": \`retryLimit\` is a number (1.5), not a whole number. Write a whole number without quotes.
      main.yaml:17:70 error invalid-value: Failed to read replacement 1 of step "a": \`targetSelectorType\` is "xpth". Did you mean "xpath"?
      main.yaml:19:8 error invalid-value: Failed to read the document: \`$self\` is "https://example.com/x#part", with a fragment (#). Remove the fragment.
      main.yaml:20:25 error invalid-name: Failed to read inputs "a b": its name has other characters than letters, digits, ".", "-" and "_". Name it "a-b"."
    `)
  })
})

describe('where the schemas are stricter than the text, the text decides', () => {
  test.each([
    ['any parameter value', 'parameters: [{ name: page, in: query, value: { a: [1, null] } }]'],
    ['a null parameter value', 'parameters: [{ name: page, in: query, value: null }]'],
    ['any replacement value', 'requestBody: { payload: {}, replacements: [{ target: /quantity, value: 10 }] }'],
    [
      'any value and other fields of a Reusable Object',
      'parameters: [{ reference: $components.parameters.page, value: [1], note: ignored }]',
    ],
    ['a condition without criteria fields', 'successCriteria: [{ condition: $statusCode == 200, x-why: because }]'],
  ])('%s', async (_, field) => {
    const steps = `      - stepId: a\n        operationId: listItems\n        ${field}\n`
    const more =
      '$schema: https://example.com/schema\nx-root: 1\ncomponents: { parameters: { page: { name: page, in: query, value: 1 } } }'
    expect(await problemsOf(oneWorkflow(steps, { more }))).toBe('')
  })

  test('`version` beside `type` in 1.0, inside it in both', async () => {
    const criterion = (type: string) => `      - stepId: a
        operationId: listItems
        successCriteria: [{ context: $response.body, condition: $.a, ${type} }]
`
    const beside = 'type: jsonpath, version: draft-goessner-dispatch-jsonpath-00'
    expect(await problemsOf(oneWorkflow(criterion(beside), { version: '1.0.0' }))).toBe('')
    expect(await problemsOf(oneWorkflow(criterion(beside)))).toMatchInlineSnapshot(
      `"main.yaml:10:86 error unknown-field: Failed to read criterion 1 of step "a": a Criterion Object has no field \`version\`. Remove it; the name of a field of your own begins with \`x-\`."`,
    )
    const inside = criterion('type: { type: jsonpath, version: rfc9535 }')
    expect(await problemsOf(oneWorkflow(inside, { version: '1.1.0' }))).toBe('')
    expect(await problemsOf(oneWorkflow(inside, { version: '1.0.1' }))).toMatchInlineSnapshot(
      `"main.yaml:10:103 warning newer-field: Failed to read criterion 1 of step "a": version "rfc9535" came with Arazzo 1.1. Leave it out: it is what 1.0 means without one."`,
    )
    expect(await problemsOf(oneWorkflow(criterion('type: { type: jsonpath, version: rfc1 }')))).toMatchInlineSnapshot(
      `"main.yaml:10:103 error invalid-expression: Failed to read criterion 1 of step "a": expected a version of jsonpath, found "rfc1". Use one of rfc9535 or draft-goessner-dispatch-jsonpath-00."`,
    )
    expect(await problemsOf(oneWorkflow(criterion('type: { type: jsonpth }')))).toMatchInlineSnapshot(`
      "main.yaml:10:70 error missing-field: Failed to read criterion 1 of step "a": \`version\` is missing. Add \`version: …\`.
      main.yaml:10:84 error invalid-value: Failed to read criterion 1 of step "a": \`type\` is "jsonpth". Did you mean "jsonpath"?"
    `)
  })
})

describe('versions', () => {
  const read = (version: string) =>
    problemsOf({ 'main.yaml': arazzo(`  - workflowId: a\n    steps:\n${STEP}`, { version }), 'api.yaml': API })

  test.each(['1.0.0', '1.0.1', '1.1.0', '1.1.7', "'1.0'", '1.1.0-rc1'])('%s', async version => {
    expect(await read(version)).toBe('')
  })

  test('others', async () => {
    expect(await read('2.0.0')).toMatchInlineSnapshot(
      `"main.yaml:1:9 error unsupported-version: Failed to read an Arazzo document: its version is "2.0.0". Use 1.0.1 or 1.1.0."`,
    )
    expect(await read('1.10.0')).toMatchInlineSnapshot(
      `"main.yaml:1:9 error unsupported-version: Failed to read an Arazzo document: its version is "1.10.0". Use 1.0.1 or 1.1.0."`,
    )
    expect(await read('1.0')).toMatchInlineSnapshot(
      `"main.yaml:1:9 error wrong-type: Failed to read the document: \`arazzo\` is a number (1), not text. Write it with all three numbers: \`arazzo: 1.1.0\`."`,
    )
  })

  test('another kind of document', async () => {
    expect(await problemsOf({ 'main.yaml': API })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error invalid-source: Failed to read an Arazzo document: this is an OpenAPI description. An Arazzo document begins with \`arazzo: 1.1.0\`."`,
    )
    expect(await problemsOf({ 'main.yaml': 'asyncapi: 3.0.0' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error invalid-source: Failed to read an Arazzo document: this is an AsyncAPI description. An Arazzo document begins with \`arazzo: 1.1.0\`."`,
    )
  })
})

test('ids, parameters and actions that are given twice', async () => {
  const steps = `      - stepId: a
        operationId: listItems
        parameters:
          - { name: page, in: query, value: 1 }
          - { name: page, in: query, value: 2 }
          - { name: page, in: header, value: 2 }
          - { name: Page, in: header, value: 2 }
        onSuccess:
          - { name: x, type: end }
          - { name: x, type: end, criteria: [{ condition: $statusCode == 200 }] }
      - { stepId: a, operationId: getItem }
  - workflowId: main
    steps:
      - { stepId: a, operationId: listItms }
`
  const files = oneWorkflow(steps)
  files['main.yaml'] = files['main.yaml']!.replace('./api.yaml }', './api.yaml }\n  - { name: api, url: ./api.yaml }')
  expect(await problemsOf(files, { severities: { 'unknown-parameter': 'off' } })).toMatchInlineSnapshot(`
    "main.yaml:5:7 error duplicate-id: Failed to read source "api": line 4 has a source of that name. Give each source a name of its own.
    main.yaml:13:21 error duplicate-parameter: Failed to read parameter "page" of step "a": line 12 gives it already. Remove one of the two.
    main.yaml:15:21 error duplicate-parameter: Failed to read parameter "Page" of step "a": line 14 gives it already. Remove one of the two.
    main.yaml:18:21 error duplicate-action: Failed to read success action "x" of step "a": line 17 has one of that name. Give each action a name of its own.
    main.yaml:19:11 warning unreachable-step: Failed to find a way to step "a": the step before always goes elsewhere, and nothing goes here. Go to it in an action, or remove it.
    main.yaml:19:11 error missing-parameter: Failed to read step "a": GET /items/{id} needs the path parameter "id". Add to \`parameters\`: { name: id, in: path, value: … }.
    main.yaml:19:11 error duplicate-id: Failed to read step "a": line 9 has a step of that name. Give each step a name of its own.
    main.yaml:20:5 error duplicate-id: Failed to read workflow "main": line 7 has a workflow of that name. Give each workflow a name of its own.
    main.yaml:22:35 error undefined-operation: Failed to resolve operation "listItms": source "api" has no such operationId. Did you mean "listItems"?"
  `)
})
