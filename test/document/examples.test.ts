import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { listed } from './reading.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const EXAMPLES = join(ROOT, '../shared/spec/examples')
const OURS = join(ROOT, 'fixtures/documents')

/** The specification's own examples. */
describe.skipIf(!existsSync(EXAMPLES))('examples of the specification (../shared is there)', () => {
  const read = async (name: string, options?: Parameters<typeof readArazzo>[1]) => {
    const { document, problems } = await readArazzo(join(EXAMPLES, name), options)
    return { document, list: listed(problems, EXAMPLES) }
  }

  test('oauth', async () => {
    const { document, list } = await read('oauth.arazzo.yaml')
    expect(document?.workflows.map(({ workflowId }) => workflowId)).toEqual([
      'refresh-token-flow',
      'client-credentials-flow',
      'authorization-code-flow',
    ])
    expect(list).toBe('')
  })

  test('pet-coupons', async () => {
    const { document, list } = await read('pet-coupons.arazzo.yaml')
    expect(document).toBeDefined()
    expect(list).toMatchInlineSnapshot(`
      "pet-coupons.arazzo.yaml:26:19 warning unknown-parameter: Failed to read parameter "pet_tags" of step "find-pet": GET /pet/findByTags has no query parameter "pet_tags". It has "tags".
      pet-coupons.arazzo.yaml:40:19 warning unknown-parameter: Failed to read parameter "pet_id" of step "find-coupons": GET /pet/{petId}/coupons has no path parameter of that name; it is taken for "petId". Write \`name: petId\`."
    `)
  })

  test('FAPI-PAR', async () => {
    const { document, list } = await read('FAPI-PAR.arazzo.yaml')
    expect(document).toBeDefined()
    expect(list).toMatchInlineSnapshot(
      `"FAPI-PAR.arazzo.yaml:102:22 warning operation-form: Failed to resolve operation $sourceDescriptions.auth-api.PAR: operationIds are case-sensitive, and it is "Par" in source "auth-api". Write $sourceDescriptions.auth-api.Par."`,
    )
  })

  test('bnpl, which reads outputs that it does not declare', async () => {
    const strict = await read('bnpl-arazzo.yaml')
    expect(strict.document).toBeUndefined()
    expect(strict.list).toMatchInlineSnapshot(`
      "bnpl-arazzo.yaml:9:10 warning unmapped-url: Failed to read source "BnplApi": https://raw.githubusercontent.com/OAI/Arazzo-Specification/main/examples/1.0.0/bnpl-openapi.yaml is not fetched; bnpl-openapi.yaml next to the document is used. To say so in the options: sources: { BnplApi: './bnpl-openapi.yaml' }.
      bnpl-arazzo.yaml:217:5 warning missing-parameter: Failed to read step "authenticateCustomerAndAuthorizeLoan": GET /auth requires the query parameter "AuthorizationToken". Add to \`parameters\`: { name: AuthorizationToken, in: query, value: … }.
      bnpl-arazzo.yaml:229:15 warning unknown-parameter: Failed to read parameter "redirectAuthToken" of step "authenticateCustomerAndAuthorizeLoan": GET /auth has no query parameter "redirectAuthToken". It has "AuthorizationToken".
      bnpl-arazzo.yaml:231:16 error undefined-output: Failed to resolve $steps.authenticateCustomerAndAuthorizeLoan.outputs.redirectAuthToken: step "authenticateCustomerAndAuthorizeLoan" has no output "redirectAuthToken". Its outputs are redirectUrl.
      bnpl-arazzo.yaml:242:16 error undefined-output: Failed to resolve $steps.initiateBnplTransaction.outputs.loanTransactionId: step "initiateBnplTransaction" has no output "loanTransactionId". Its outputs are redirectAuthToken, loanTransactionResourceUrl.
      bnpl-arazzo.yaml:253:16 error undefined-output: Failed to resolve $steps.initiateBnplTransaction.outputs.loanTransactionId: step "initiateBnplTransaction" has no output "loanTransactionId". Its outputs are redirectAuthToken, loanTransactionResourceUrl.
      bnpl-arazzo.yaml:260:27 warning expression-form: Failed to read output "finalizedPaymentPlan" of workflow "ApplyForLoanAtCheckout": "retrieveFinalizedPaymentPlan.finalizedPaymentPlan" lacks ".outputs." and is read as an output. Write $steps.retrieveFinalizedPaymentPlan.outputs.finalizedPaymentPlan."
    `)
    const { document } = await read('bnpl-arazzo.yaml', { severities: { 'undefined-output': 'warning' } })
    expect(document?.workflows[0]?.steps).toHaveLength(7)
    expect(document?.workflows[0]?.outputs[0]?.value).toMatchObject({
      expression: { kind: 'steps', output: 'finalizedPaymentPlan' },
    })
  })

  test('LoginAndRetrievePets, with a file for what is on the network', async () => {
    const { document, list } = await read('LoginAndRetrievePets.arazzo.yaml', {
      sources: { petStoreDescription: join(OURS, 'pets.openapi.yaml') },
    })
    expect(document).toBeDefined()
    expect(list).toMatchInlineSnapshot(
      `"LoginAndRetrievePets.arazzo.yaml:46:21 warning operation-form: Failed to resolve operationPath {$sourceDescriptions.petStoreDescription.url}#/paths/~1pet~1findByStatus: it leads to the path, not to an operation; its only one, get, is used. Add /get to it."`,
    )
  })

  test('ExtendedParametersExample, with a file for the one that it does not have', async () => {
    const { document, list } = await read('ExtendedParametersExample.arazzo.yaml', {
      sources: { animals: join(OURS, 'animals.openapi.yaml') },
    })
    expect(document?.workflows[0]?.parameters).toMatchObject([
      { name: 'workflowLevelParamOne', in: 'cookie' },
      { name: 'workflowLevelParamTwo', in: 'header' },
    ])
    expect(list).toBe('')
  })
})
