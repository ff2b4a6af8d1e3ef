import { expect, test } from 'vitest'
import { API, problemsOf } from './reading.ts'

test('an extension that was probably meant for us is a warning, at every place of a document', async () => {
  const text = `arazzo: 1.0.1
info: { title: test, version: '1', x-vitest: {} }
x-vites: { retry: 1 }
x-load-test: {}
sourceDescriptions: [{ name: api, url: ./api.yaml, x-vitests: {} }]
workflows:
  - workflowId: main
    x-loadtest: { vus: 1, duration: 1s }
    x-load_test: {}
    x-Load-Test: {}
    x-laod-test: {}
    steps:
      - stepId: list
        x-load-test: {}
        operationId: listItems
        parameters:
          - { reference: $components.parameters.page, x-vitest: {} }
        requestBody: { payload: { x-vitest: 1 }, x-vittest: 1 }
        successCriteria: [{ condition: $statusCode == 200, x-vitset: 1 }]
        onFailure: [{ name: again, type: retry, x-load-tests: {} }]
        outputs: { x-vitest: $statusCode }
components:
  x-VITEST: {}
  parameters:
    x-vitest: { name: page, in: query, value: { x-vitest: 1 } }
    page: { name: page, in: query, value: 1, x-vitest: {} }
  inputs: { a: { type: object, x-vitest: {} } }
`
  const problems = await problemsOf({ 'main.yaml': text, 'api.yaml': API })
  const warnings = problems.split('\n').filter(line => line.includes('unknown-extension'))
  expect(warnings.join('\n').replaceAll('warning unknown-extension: ', '')).toMatchInlineSnapshot(`
    "main.yaml:2:36 Failed to read the info: \`x-vitest\` is not read there. Move it to a workflow, or to the top.
    main.yaml:3:1 Failed to read the document: \`x-vites\` means nothing here and is not read. Did you mean \`x-vitest\`?
    main.yaml:4:1 Failed to read the document: \`x-load-test\` is not read there. Move it to a workflow.
    main.yaml:5:52 Failed to read source "api": \`x-vitests\` means nothing here and is not read. Did you mean \`x-vitest\`? Move it to a workflow, or to the top.
    main.yaml:8:5 Failed to read workflow "main": \`x-loadtest\` means nothing here and is not read. Did you mean \`x-load-test\`?
    main.yaml:9:5 Failed to read workflow "main": \`x-load_test\` means nothing here and is not read. Did you mean \`x-load-test\`?
    main.yaml:10:5 Failed to read workflow "main": \`x-Load-Test\` means nothing here and is not read. Did you mean \`x-load-test\`?
    main.yaml:11:5 Failed to read workflow "main": \`x-laod-test\` means nothing here and is not read. Did you mean \`x-load-test\`?
    main.yaml:14:9 Failed to read step "list": \`x-load-test\` is not read there. Move it to a workflow.
    main.yaml:17:55 Failed to read parameter "$components.parameters.page" of step "list": \`x-vitest\` is not read there. Move it to a workflow, or to the top.
    main.yaml:18:50 Failed to read the request body of step "list": \`x-vittest\` means nothing here and is not read. Did you mean \`x-vitest\`? Move it to a workflow, or to the top.
    main.yaml:19:60 Failed to read criterion 1 of step "list": \`x-vitset\` means nothing here and is not read. Did you mean \`x-vitest\`? Move it to a workflow, or to the top.
    main.yaml:20:49 Failed to read failure action "again" of step "list": \`x-load-tests\` means nothing here and is not read. Did you mean \`x-load-test\`? Move it to a workflow.
    main.yaml:23:3 Failed to read the components: \`x-VITEST\` means nothing here and is not read. Did you mean \`x-vitest\`? Move it to a workflow, or to the top.
    main.yaml:26:46 Failed to read parameter "page": \`x-vitest\` is not read there. Move it to a workflow, or to the top."
  `)
  expect(problems).not.toContain(' error ')
})

test('extensions of others, and ours where they are read, are none of our business', async () => {
  const text = `arazzo: 1.0.1
x-vitest: { tags: [] }
x-test: 1
x-unit-test: 1
info: { title: test, version: '1', x-logo: a.png }
sourceDescriptions: [{ name: api, url: ./api.yaml, x-load-balancer: 1 }]
workflows:
  - workflowId: main
    x-vitest: {}
    x-load-test: { vus: 1, duration: 1s }
    x-load: 1
    steps: [{ stepId: list, operationId: listItems, x-speakeasy-test: {} }]
`
  expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toBe('')
})

test('a field of ours without its x- is told what it is called', async () => {
  const text = `arazzo: 1.0.1
vitest: { retry: 1 }
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml }]
workflows:
  - workflowId: main
    loadTest: {}
    x_load_test: {}
    steps: [{ stepId: list, operationId: listItems }]
`
  expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
    "main.yaml:2:1 error unknown-field: Failed to read the document: an Arazzo Specification Object has no field \`vitest\`. Did you mean \`x-vitest\`?
    main.yaml:7:5 error unknown-field: Failed to read workflow "main": a Workflow Object has no field \`loadTest\`. Did you mean \`x-load-test\`?
    main.yaml:8:5 error unknown-field: Failed to read workflow "main": a Workflow Object has no field \`x_load_test\`. Did you mean \`x-load-test\`?"
  `)
})
