import { expect, test } from 'vitest'
import { inputsFor } from '../../../plugin/runtime/inputs.ts'
import type { JsonSchema, Workflow } from '../../../src/document/model.ts'

const workflow = (inputs?: JsonSchema) => ({ inputs }) as Workflow
const ofPlugin = { username: 'demo', locale: 'en' }

test("the plugin's inputs go to every workflow, and what a call gives goes before them", () => {
  expect(inputsFor(workflow(), ofPlugin, { username: 'other' })).toEqual({ username: 'other', locale: 'en' })
  expect(inputsFor(workflow({ properties: { username: {} } }), ofPlugin)).toEqual(ofPlugin)
  expect(inputsFor(workflow(true), ofPlugin)).toEqual(ofPlugin)
})

test('those that a workflow forbids stay away from it; what a call gives does not', () => {
  const strict = workflow({ properties: { username: {} }, additionalProperties: false })
  expect(inputsFor(strict, ofPlugin, { typo: 1 })).toEqual({ username: 'demo', typo: 1 })
})
