import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startBnpl } from '../../fixtures/apps/bnpl/app.ts'
import { listen, type RunningApp } from '../../fixtures/apps/listen.ts'
import { startOauth } from '../../fixtures/apps/oauth/app.ts'
import { startPetstore } from '../../fixtures/apps/petstore/app.ts'
import { startStore } from '../../fixtures/load/store.ts'
import { bothWays, type Document } from './both.ts'
import { tap } from './tap.ts'

/* Whole documents of the fixtures and examples, each against a fresh application of its own for either way. */

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

async function startShop(): Promise<RunningApp> {
  const server: string = at('examples/shop/src/server.js')
  const { buildShop } = await import(server)
  return listen(buildShop())
}

const startLoadStore = async (): Promise<RunningApp> => {
  const store = await startStore()
  return { url: store.url, close: () => store.kill() }
}

const customer = { firstName: 'Ada', lastName: 'Muster', dateOfBirth: '1990-02-03T00:00:00Z', postalCode: '1010' }
const products = [{ productCode: 'bike', purchaseAmount: { currency: 'EUR', amount: 600 } }]
const client = { client: 'the-client', secret: 'the-secret' }
const demo = { username: 'demo', password: 'demo-password' }
const pets = 'fixtures/apps/petstore/adopt.arazzo.yaml'
const loans = 'fixtures/apps/bnpl/loan.arazzo.yaml#buy-now-pay-later'
const tokens = 'fixtures/apps/oauth/tokens.arazzo.yaml'
const shop = 'examples/shop/shop.arazzo.yaml'
const store = 'fixtures/load/store.arazzo.yaml'

type Case = [ref: string, inputs: Document['inputs'], start: () => Promise<RunningApp>]

const passing: Case[] = [
  [`${pets}#with-coupon`, {}, startPetstore],
  [`${pets}#without-coupon`, {}, startPetstore],
  [`${pets}#place-order`, { pet: 2, quantity: 3 }, startPetstore],
  [loans, { customer, products }, startBnpl],
  [loans, { customer: { uri: 'https://bnpl.example/customers/1' }, products }, startBnpl],
  [loans, { customer: { ...customer, dateOfBirth: '2015-02-03T00:00:00Z' }, products }, startBnpl],
  [`${tokens}#by-code`, client, startOauth],
  [`${tokens}#refreshed`, client, startOauth],
  [`${tokens}#machine`, client, startOauth],
  [`${shop}#search`, { words: 'folding chair' }, startShop],
  [`${shop}#checkout`, demo, startShop],
  [`${shop}#wrong-password`, demo, startShop],
  [`${store}#browse`, {}, startLoadStore],
]

const failing: Case[] = [
  [`${pets}#with-coupon`, { tags: ['cat'] }, startPetstore],
  [`${tokens}#machine`, { ...client, secret: 'wrong-one' }, startOauth],
  [`${tokens}#refreshed`, { ...client, secret: 'wrong-one' }, startOauth],
  [`${shop}#search`, { words: 'submarine' }, startShop],
  [`${shop}#checkout`, { ...demo, password: 'wrong-one' }, startShop],
  [`${store}#lost`, {}, startLoadStore],
]

async function run([ref, inputs, start]: Case) {
  const [path, workflowId] = ref.split('#') as [string, string]
  return bothWays({ ref: `${at(path)}#${workflowId}`, inputs }, async () => {
    const app = await start()
    onTestFinished(() => app.close())
    const { url, received } = await tap(app.url)
    return { servers: url, received }
  })
}

describe('pass', () => {
  test.each(passing)('%s with %j', async (...document) => {
    const { report, load } = await run(document)
    expect(report.because).toBeUndefined()
    expect(load.state).toBe('completed')
  })
})

describe('fail', () => {
  test.each(failing)('%s with %j', async (...document) => {
    const { report } = await run(document)
    expect(report.state).toBe('failed')
  })
})
