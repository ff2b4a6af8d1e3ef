import { describe, expect, test } from 'vitest'
import { API, arazzo, problemsOf, readAll } from './reading.ts'

const withSource = (text: string, name: string, url = `./${name}.yaml`) =>
  text.replace('workflows:', `  - { name: ${name}, url: ${url}, type: arazzo }\nworkflows:`)

const OTHER = arazzo(
  `  - workflowId: pay
    inputs: { properties: { amount: {} }, required: [amount], additionalProperties: false }
    steps:
      - { stepId: a, operationId: login, parameters: [{ reference: $components.parameters.auth }], outputs: { id: $response.body } }
    outputs: { receipt: $steps.a.outputs.id }`,
  { more: 'components: { parameters: { auth: { name: Authorization, in: header, value: $inputs.amount } } }' },
)

describe('workflows of another document', () => {
  test('that are not there, or named without their document', async () => {
    const main = withSource(
      arazzo(`  - workflowId: main
    steps:
      - { stepId: a, workflowId: pay }
      - { stepId: b, workflowId: $sourceDescriptions.other.pays }
      - { stepId: c, workflowId: $sourceDescriptions.other.pay, parameters: [{ name: amout, value: 1 }], outputs: { x: $outputs.recept } }
      - { stepId: d, operationId: $sourceDescriptions.other.pay }
      - { stepId: e, operationId: login, parameters: [{ reference: $components.parameters.auth }] }
      - { stepId: f, operationPath: '{$sourceDescriptions.other.url}#/paths/~1x/get' }`),
      'other',
    )
    expect(await problemsOf({ 'main.yaml': main, 'other.yaml': OTHER, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:9:34 error undefined-workflow: Failed to resolve workflow "pay": the document has no such workflow. Write $sourceDescriptions.other.pay.
      main.yaml:10:34 error undefined-workflow: Failed to resolve workflow $sourceDescriptions.other.pays: source "other" has no such workflow. Did you mean "pay"?
      main.yaml:11:11 warning missing-input: Failed to read step "c": workflow "pay" requires the input "amount". Pass it in \`parameters\`, or give it a default.
      main.yaml:11:86 error undefined-input: Failed to read parameter "amout" of step "c": workflow "pay" declares no input "amout". Did you mean "amount"?
      main.yaml:11:120 error undefined-output: Failed to resolve $outputs.recept: workflow "pay" has no output "recept". Did you mean "receipt"?
      main.yaml:12:35 error undefined-operation: Failed to resolve operation $sourceDescriptions.other.pay: source "other" is an Arazzo document. Write \`workflowId: $sourceDescriptions.other.pay\`.
      main.yaml:13:68 error undefined-component: Failed to resolve $components.parameters.auth: \`components.parameters\` has no "auth". Add it there, or correct the reference.
      main.yaml:14:38 error undefined-operation: Failed to resolve operationPath {$sourceDescriptions.other.url}#/paths/~1x/get: source "other" is an Arazzo document, which has no operations."
    `)
  })

  test('problems in them are told in their file', async () => {
    const main = withSource(arazzo('  - workflowId: main\n    steps: [{ stepId: a, operationId: listItems }]'), 'other')
    const other = OTHER.replace('operationId: login', 'operationId: lgin')
    expect(await problemsOf({ 'main.yaml': main, 'other.yaml': other, 'api.yaml': API })).toMatchInlineSnapshot(
      `"other.yaml:9:35 error undefined-operation: Failed to resolve operation "lgin": source "api" has no such operationId. Did you mean "login"?"`,
    )
  })
})

test('documents may refer to one another in circles, and to themselves', async () => {
  const main = withSource(
    withSource(
      arazzo('  - workflowId: main\n    steps: [{ stepId: a, workflowId: $sourceDescriptions.other.second }]'),
      'other',
    ),
    'self',
    './main.yaml',
  )
  const other = withSource(
    arazzo('  - workflowId: second\n    steps: [{ stepId: a, workflowId: $sourceDescriptions.back.main }]'),
    'back',
    './main.yaml',
  )
  const { document, list } = await readAll({ 'main.yaml': main, 'other.yaml': other, 'api.yaml': API })
  expect(list).toBe('')
  const { other: source, self } = document!.sources
  const back = source?.type === 'arazzo' ? source.arazzo.sources.back : undefined
  expect(back?.type === 'arazzo' && back.arazzo).toBe(document)
  expect(self?.type === 'arazzo' && self.arazzo).toBe(document)
  expect(structuredClone(document)).toEqual(document)
})
