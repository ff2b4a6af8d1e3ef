import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBnpl } from '../../fixtures/apps/bnpl/app.ts'
import type { RunningApp } from '../../fixtures/apps/listen.ts'
import { startOauth } from '../../fixtures/apps/oauth/app.ts'
import { startPetstore } from '../../fixtures/apps/petstore/app.ts'
import { type ReadOptions, readArazzo, runWorkflow } from '../../src/index.ts'
import { trail } from './trail.ts'

/* The Arazzo Specification's own examples, as they are. They stand beside the repository, not in it. */

const folder = fileURLToPath(new URL('../../../shared/spec/examples/', import.meta.url))
const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/apps/${path}`, import.meta.url))
const absent = !existsSync(folder)

test("the specification's examples are at hand", ctx => {
  ctx.skip(absent, `no examples at ${folder}; test/real/apps.test.ts runs documents of the same kind`)
  expect(absent).toBe(false)
})

/** bnpl's workflow output lacks `.outputs` in its expression. */
const lenient: ReadOptions = { severities: { 'undefined-output': 'warning' } }

describe.skipIf(absent)('reading', () => {
  const petstore = fixture('petstore/petstore.openapi.yaml')
  const cases: [file: string, workflows: string[], options?: ReadOptions][] = [
    ['pet-coupons.arazzo.yaml', ['apply-coupon', 'buy-available-pet', 'place-order']],
    ['bnpl-arazzo.yaml', ['ApplyForLoanAtCheckout'], lenient],
    ['oauth.arazzo.yaml', ['refresh-token-flow', 'client-credentials-flow', 'authorization-code-flow']],
    ['FAPI-PAR.arazzo.yaml', ['OIDC-PAR-AuthzCode']],
    ['LoginAndRetrievePets.arazzo.yaml', ['loginUserRetrievePet'], { sources: { petStoreDescription: petstore } }],
    [
      'ExtendedParametersExample.arazzo.yaml',
      ['animal-workflow'],
      { sources: { animals: fixture('zoo/animals.openapi.yaml') } },
    ],
  ]
  test.each(cases)('%s', async (file, workflows, options) => {
    const { document, problems } = await readArazzo(folder + file, options)
    expect(problems.filter(problem => problem.severity === 'error')).toEqual([])
    expect(document?.workflows.map(workflow => workflow.workflowId)).toEqual(workflows)
  })

  test('the sources that are nowhere to be found are a problem, not a guess', async () => {
    const { document, problems } = await readArazzo(`${folder}ExtendedParametersExample.arazzo.yaml`)
    expect(document).toBeUndefined()
    expect(problems.map(problem => problem.severity)).toContain('error')
  })
})

describe.skipIf(absent)('pet-coupons', () => {
  let app: RunningApp
  beforeAll(async () => {
    app = await startPetstore()
  })
  afterAll(() => app?.close())

  test('apply-coupon', async () => {
    const report = await runWorkflow(`${folder}pet-coupons.arazzo.yaml#apply-coupon`, {
      servers: app.url,
      inputs: { my_pet_tags: ['puppy', 'dalmatian'], store_id: 'pets.example' },
    })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: ['find-pet passed', 'find-coupons passed', 'place-order passed', 'place-order passed'],
    })
    expect(report.outputs).toEqual({ apply_coupon_pet_order_id: expect.any(Number) })
  })

  test('buy-available-pet', async () => {
    const report = await runWorkflow(`${folder}pet-coupons.arazzo.yaml#buy-available-pet`, {
      servers: app.url,
      inputs: { store_id: 'pets.example' },
    })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: ['find-pet passed', 'place-order passed', 'place-order passed'],
    })
    expect(report.outputs).toEqual({ buy_pet_order_id: expect.any(Number) })
  })
})

describe.skipIf(absent)('bnpl', () => {
  const document = `${folder}bnpl-arazzo.yaml`
  const products = [{ productCode: 'bike', purchaseAmount: { currency: 'EUR', amount: 600 } }]
  let app: RunningApp
  beforeAll(async () => {
    app = await startBnpl()
  })
  afterAll(() => app?.close())

  test('a customer who is known ends it after one step', async () => {
    const report = await runWorkflow(document, {
      servers: app.url,
      inputs: { customer: { uri: 'https://bnpl.example/customers/1' }, products },
      ...lenient,
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['checkLoanCanBeProvided passed'] })
  })

  test('a new customer who is refused ends it after three', async () => {
    const report = await runWorkflow(document, {
      servers: app.url,
      inputs: {
        customer: { firstName: 'Kid', lastName: 'Muster', dateOfBirth: '2015-02-03T00:00:00Z', postalCode: '1010' },
        products,
      },
      ...lenient,
      // The workflow reads a `products` that the API's own description forbids.
      checks: 'warn',
    })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: ['checkLoanCanBeProvided passed', 'getCustomerTermsAndConditions passed', 'createCustomer passed'],
    })
  })
})

describe.skipIf(absent)('oauth', () => {
  const document = `${folder}oauth.arazzo.yaml`
  let app: RunningApp
  beforeAll(async () => {
    app = await startOauth()
  })
  afterAll(() => app?.close())

  test('authorization-code-flow', async () => {
    const report = await runWorkflow(`${document}#authorization-code-flow`, {
      servers: app.url,
      inputs: { client_id: 'the-client', client_secret: 'the-secret', redirect_uri: 'https://app.example/back' },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['browser-authorize passed', 'get-access-token passed'] })
    expect(report.outputs.expires_in).toBe(300)
  })

  test('client-credentials-flow', async () => {
    const report = await runWorkflow(`${document}#client-credentials-flow`, {
      servers: app.url,
      inputs: { client_id: 'the-client', client_secret: 'the-secret' },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['get-client-creds-token passed'] })
  })

  test('refresh-token-flow', async () => {
    const report = await runWorkflow(`${document}#refresh-token-flow`, {
      servers: app.url,
      inputs: {
        my_client_id: 'the-client',
        my_client_secret: 'the-secret',
        my_redirect_uri: 'https://app.example/back',
      },
    })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: [
        'browser-authorize passed',
        'get-access-token passed',
        'do-the-auth-flow passed',
        'do-the-refresh passed',
      ],
    })
  })
})

describe.skipIf(absent)('LoginAndRetrievePets', () => {
  let app: RunningApp
  beforeAll(async () => {
    app = await startPetstore()
  })
  afterAll(() => app?.close())

  test('signs in with query parameters and lists the pets', async () => {
    const report = await runWorkflow(`${folder}LoginAndRetrievePets.arazzo.yaml`, {
      servers: app.url,
      inputs: { username: 'keeper', password: 'open-sesame' },
      sources: { petStoreDescription: fixture('petstore/petstore.openapi.yaml') },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['loginStep passed', 'getPetStep passed'] })
    expect(report.outputs.available).toHaveLength(2)
  })
})
