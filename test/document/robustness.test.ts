import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readAll } from './reading.ts'

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/documents')
const text = (name: string) => readFileSync(join(FIXTURES, name), 'utf8')
const SHOP = text('shop.arazzo.yaml')
const API = text('shop.openapi.yaml')

/** What is found in the way of what should be there. */
const anything = fc.oneof(
  fc.constantFrom(null, true, 0, -1.5, '', '$', '$inputs.', '{$steps.a', '#/x', 'a: b', [], {}, [[]], { $ref: '#' }),
  fc.constantFrom(
    { reference: 'x' },
    { $ref: '#/components/parameters/page' },
    { $ref: 5 },
    'file://host/x',
    '../..',
    '%zz',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    { constructor: 1, toString: 2 },
    [null],
    '$sourceDescriptions.shop.login',
  ),
)

/** Puts a value at a place in a document, chosen by numbers: the how-many-eth member on each level. */
function replaceAt(root: unknown, way: readonly number[], value: unknown): void {
  let holder = root as Record<string, unknown>
  for (const [depth, turn] of way.entries()) {
    const keys = Object.keys(holder)
    if (keys.length === 0) return
    const key = keys[turn % keys.length]!
    const next = holder[key]
    if (depth === way.length - 1 || typeof next !== 'object' || next === null) {
      holder[key] = structuredClone(value)
      return
    }
    holder = next as Record<string, unknown>
  }
}

const change = fc.tuple(fc.array(fc.nat(50), { minLength: 1, maxLength: 9 }), anything)

async function expectToRead(main: string, api: string): Promise<void> {
  const { document, problems } = await readAll({ 'main.yaml': main, 'shop.openapi.yaml': api })
  expect(document === undefined).toBe(problems.some(({ severity }) => severity === 'error'))
  for (const { at, message } of problems) {
    expect(at.line).toBeGreaterThan(0)
    expect(at.column).toBeGreaterThan(0)
    expect(message).toMatch(/^Failed to .+: .+\.$/s)
  }
}

test('reading never throws, whatever stands in the documents', async () => {
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    fc.array(change, { maxLength: 3 }),
    async (inMain, inApi) => {
      const [main, api] = [parse(SHOP), parse(API)]
      for (const [way, value] of inMain) replaceAt(main, way, value)
      for (const [way, value] of inApi) replaceAt(api, way, value)
      await expectToRead(JSON.stringify(main, null, 2), JSON.stringify(api, null, 2))
    },
  )
  await fc.assert(property, { numRuns: 100, interruptAfterTimeLimit: 5000 })
})

test('nor whatever the text has lost or gained', async () => {
  const edit = fc.record({
    at: fc.nat(SHOP.length),
    cut: fc.nat(12),
    put: fc.constantFrom('', ' ', '\n', '\t', '"', "'", '{', ']', ': ', '- ', '&a ', '*a', '\u0000'),
  })
  const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async edits => {
    const main = edits.reduce((one, { at, cut, put }) => one.slice(0, at) + put + one.slice(at + cut), SHOP)
    await expectToRead(main, API)
  })
  await fc.assert(property, { numRuns: 100, interruptAfterTimeLimit: 5000 })
})

test('a url with half a surrogate pair is a problem with a place, as one of a hundred thousand characters is', async () => {
  for (const url of ['"./\\ud800.json"', `'./${'x'.repeat(100_000)} y.json'`]) {
    const main = SHOP.replace('./shop.openapi.yaml', () => url)
    const { problems } = await readAll({ 'main.yaml': main, 'shop.openapi.yaml': API })
    expect(problems.map(({ message }) => message).join()).toContain('which is not a URI-reference')
  }
})
