import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBnpl } from '../../fixtures/apps/bnpl/app.ts'
import type { RunningApp } from '../../fixtures/apps/listen.ts'
import { startOauth } from '../../fixtures/apps/oauth/app.ts'
import { startPetstore } from '../../fixtures/apps/petstore/app.ts'
import { readArazzo, runWorkflow } from '../../src/index.ts'
import { trail } from './trail.ts'

/* Documents of the kind that the specification shows, whole, against applications that keep state. */

const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/apps/${path}`, import.meta.url))

describe('pet shop', () => {
  const document = fixture('petstore/adopt.arazzo.yaml')
  let app: RunningApp
  beforeAll(async () => {
    app = await startPetstore()
  })
  afterAll(() => app.close())

  test('a nested workflow gets parameters and hands its outputs back', async () => {
    const report = await runWorkflow(`${document}#with-coupon`, { servers: app.url })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: ['find passed', 'coupon passed', 'order passed', 'buy passed', 'look passed'],
    })
    expect(report.outputs).toEqual({ order: expect.any(Number), code: 'SPOTTED10' })
  })

  test('an array travels as a repeated query parameter', async () => {
    const report = await runWorkflow(`${document}#with-coupon`, { servers: app.url })
    expect(report.steps[0]?.exchange?.request.url).toBe(`${app.url}/pet/findByTags?tags=puppy&tags=dalmatian`)
  })

  test('a reusable parameter may be given another value, and what is not given is left out of the body', async () => {
    const report = await runWorkflow(`${document}#without-coupon`, { servers: app.url })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['find passed', 'order passed', 'buy passed'] })
    const order = report.steps.find(step => step.stepId === 'order')
    expect(JSON.parse(order?.exchange?.request.body ?? '')).toEqual({ petId: 3, status: 'placed', complete: false })
  })

  test('inputs take part: other tags find another pet, which has no coupon', async () => {
    const report = await runWorkflow(`${document}#with-coupon`, { servers: app.url, inputs: { tags: ['cat'] } })
    expect(trail(report)).toEqual({ state: 'failed', steps: ['find failed'] })
  })
})

describe('lender', () => {
  const document = fixture('bnpl/loan.arazzo.yaml')
  const products = [
    { productCode: 'bike', purchaseAmount: { currency: 'EUR', amount: 600 } },
    { productCode: 'gum', purchaseAmount: { currency: 'EUR', amount: 1 } },
  ]
  const customer = { firstName: 'Ada', lastName: 'Muster', dateOfBirth: '1990-02-03T00:00:00Z', postalCode: '1010' }
  let app: RunningApp
  beforeAll(async () => {
    app = await startBnpl()
  })
  afterAll(() => app.close())

  test('a new customer gets a loan: goto, a redirect that is seen, a body of JSON text', async () => {
    const report = await runWorkflow(document, { servers: app.url, inputs: { customer, products } })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: [
        'eligible passed',
        'read-terms passed',
        'enrol passed',
        'lend passed',
        'authorize passed',
        'plan passed',
        'settle passed',
      ],
    })
    expect(JSON.parse(report.steps[0]?.exchange?.request.body ?? '')).toEqual({ customer, products })
    expect(report.outputs.back).toBe('https://shop.example/paid-later')
    expect(report.outputs.schedule).toHaveLength(3)
  })

  test('a known customer ends the workflow at once', async () => {
    const report = await runWorkflow(document, {
      servers: app.url,
      inputs: { customer: { uri: 'https://bnpl.example/customers/1' }, products },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['eligible passed'] })
  })

  test('a refused customer ends the workflow after the third step', async () => {
    const report = await runWorkflow(document, {
      servers: app.url,
      inputs: { customer: { ...customer, dateOfBirth: '2015-02-03T00:00:00Z' }, products },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['eligible passed', 'read-terms passed', 'enrol passed'] })
  })

  test('nothing to lend for: the last action of three', async () => {
    const report = await runWorkflow(document, {
      servers: app.url,
      inputs: { customer, products: [{ productCode: 'gum' }] },
    })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['eligible passed'] })
  })
})

describe('authorization server', () => {
  const document = fixture('oauth/tokens.arazzo.yaml')
  const inputs = { client: 'the-client', secret: 'the-secret' }
  let app: RunningApp
  beforeAll(async () => {
    app = await startOauth()
  })
  afterAll(() => app.close())

  test('a code becomes tokens: query and form encoding of the same address agree', async () => {
    const report = await runWorkflow(`${document}#by-code`, { servers: app.url, inputs })
    expect(trail(report)).toEqual({ state: 'passed', steps: ['grant passed', 'exchange passed'] })
    expect(report.outputs.access).toEqual(expect.any(String))
  })

  test('a refresh token is good once', async () => {
    const report = await runWorkflow(`${document}#refreshed`, { servers: app.url, inputs })
    expect(trail(report)).toEqual({
      state: 'passed',
      steps: ['grant passed', 'exchange passed', 'first passed', 'again passed', 'spent passed'],
    })
  })

  test('a machine signs in, and with the wrong secret it does not', async () => {
    const good = await runWorkflow(`${document}#machine`, { servers: app.url, inputs })
    const bad = await runWorkflow(`${document}#machine`, { servers: app.url, inputs: { ...inputs, secret: 'no' } })
    expect(trail(good)).toEqual({ state: 'passed', steps: ['token passed'] })
    expect(trail(bad)).toEqual({ state: 'failed', steps: ['token failed'] })
  })

  test('the secret is not in the report', async () => {
    const report = await runWorkflow(`${document}#machine`, { servers: app.url, inputs })
    expect(JSON.stringify(report)).not.toContain('the-secret')
  })
})

test('the documents of the applications read without a problem but one', async () => {
  const problems = []
  for (const path of ['petstore/adopt.arazzo.yaml', 'bnpl/loan.arazzo.yaml', 'oauth/tokens.arazzo.yaml']) {
    problems.push(...(await readArazzo(fixture(path))).problems)
  }
  expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toMatchInlineSnapshot(`
    [
      "warning: Failed to find a way to step "never": the step before always goes elsewhere, and nothing goes here.",
    ]
  `)
})
