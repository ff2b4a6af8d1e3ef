import { describe, expect, test } from 'vitest'
import { API, arazzo, oneWorkflow, problemsOf } from './reading.ts'

/* What messages offer is what works: each hint, followed, leaves no problem. */

const step = (fields: string) => `      - { stepId: a, ${fields} }`
const withName = (name: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [file, text.replace('name: api', `name: ${name}`)]))

describe('a source and an operation without their beginning', () => {
  test('is offered with it', async () => {
    const files = (id: string) => withName('museum-api', oneWorkflow(step(`operationId: ${id}`)))
    expect(await problemsOf(files('museum-api.listItems'))).toMatchInlineSnapshot(
      `"main.yaml:8:35 error undefined-operation: Failed to resolve operation "museum-api.listItems": source "museum-api" has no such operationId. Did you mean $sourceDescriptions.museum-api.listItems?"`,
    )
    expect(await problemsOf(files('$sourceDescriptions.museum-api.listItems'))).toBe('')
  })

  test('so is a workflow', async () => {
    const files = (id: string) => ({
      ...oneWorkflow(step(`workflowId: ${id}`)),
      'main.yaml': arazzo(`  - workflowId: main\n    steps: [{ stepId: a, workflowId: ${id} }]`).replace(
        'url: ./api.yaml',
        'url: ./other.yaml',
      ),
      'other.yaml': arazzo('  - workflowId: there\n    steps: [{ stepId: a, operationId: login }]'),
      'api.yaml': API,
    })
    expect(await problemsOf(files('api.there'))).toMatchInlineSnapshot(
      `"main.yaml:7:38 error undefined-workflow: Failed to resolve workflow "api.there": the document has no such workflow. Did you mean $sourceDescriptions.api.there?"`,
    )
    expect(await problemsOf(files('$sourceDescriptions.api.there'))).toBe('')
  })
})

describe('an operationPath that is no pointer', () => {
  const path = (written: string) => oneWorkflow(step(`operationPath: '${written}'`))

  test('of a path that is there', async () => {
    expect(await problemsOf(path('/items'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error operation-form: Failed to resolve operationPath /items: it names no source. Write it as '{$sourceDescriptions.api.url}#/paths/~1items/get'."`,
    )
    expect(await problemsOf(path('POST /login'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error operation-form: Failed to resolve operationPath POST /login: it names no source. Write it as '{$sourceDescriptions.api.url}#/paths/~1login/post'."`,
    )
    expect(await problemsOf(path('{$sourceDescriptions.api.url}#/paths/~1login/post'))).toBe('')
  })

  test('of one that is not: none is made up', async () => {
    expect(await problemsOf(path('/get'))).toMatchInlineSnapshot(
      `"main.yaml:8:38 error operation-form: Failed to resolve operationPath /get: it names no source. Write it as '{$sourceDescriptions.api.url}#/paths/<path>/<method>'."`,
    )
    expect(await problemsOf(path('{$sourceDescriptions.api.url}'))).toMatchInlineSnapshot(`
      "main.yaml:8:38 error undefined-operation: Failed to resolve operation {$sourceDescriptions.api.url}: source "api" has no such operationId. Its operations are login, listItems, getItem.
      main.yaml:8:38 warning operation-form: Failed to resolve operationPath {$sourceDescriptions.api.url}: this is an operationId. Write \`operationId: {$sourceDescriptions.api.url}\`."
    `)
  })
})

test('a parameter, or an action, that is written as $ref', async () => {
  const components = (name: string) => `components:
  parameters: { page: { name: page, in: query, value: 1 } }
  failureActions: { again: { name: again, type: retry } }
# ${name}`
  const files = (reference: string, of: string) =>
    oneWorkflow(
      step(
        `operationId: listItems, parameters: [{ ${reference}: ${of}components${of === '$' ? '.' : '/'}parameters${of === '$' ? '.' : '/'}page${of === '$' ? '' : "'"} }]`,
      ),
      { more: components('') },
    )
  expect(await problemsOf(files('$ref', "'#/"))).toMatchInlineSnapshot(
    `"main.yaml:8:61 error unknown-field: Failed to read parameter 1 of step "a": components are referred to by \`reference\`, not by \`$ref\`. Write \`reference: $components.parameters.page\`."`,
  )
  expect(await problemsOf(files('$ref', '$'))).toMatchInlineSnapshot(
    `"main.yaml:8:61 error unknown-field: Failed to read parameter 1 of step "a": components are referred to by \`reference\`, not by \`$ref\`. Write \`reference: $components.parameters.page\`."`,
  )
  expect(await problemsOf(files('reference', '$'))).toBe('')
  const action = oneWorkflow(step("operationId: login, onFailure: [{ $ref: '#/components/failureActions/again' }]"), {
    more: components(''),
  })
  expect(await problemsOf(action)).toMatchInlineSnapshot(
    `"main.yaml:8:56 error unknown-field: Failed to read failure action 1 of step "a": components are referred to by \`reference\`, not by \`$ref\`. Write \`reference: $components.failureActions.again\`."`,
  )
})

test('operations and workflows are listed without fields of the source', async () => {
  const value = (name: string) =>
    oneWorkflow(
      step(`operationId: listItems, parameters: [{ name: page, in: query, value: $sourceDescriptions.api.${name} }]`),
    )
  expect(await problemsOf(value('nothingLikeIt'))).toMatchInlineSnapshot(
    `"main.yaml:8:91 error undefined-operation: Failed to resolve $sourceDescriptions.api.nothingLikeIt: source "api" has no operation and no field "nothingLikeIt". Its operations are login, listItems, getItem."`,
  )
  expect(await problemsOf(value('ulr'))).toMatchInlineSnapshot(
    `"main.yaml:8:91 error undefined-operation: Failed to resolve $sourceDescriptions.api.ulr: source "api" has no operation and no field "ulr". Did you mean "url"?"`,
  )
})
