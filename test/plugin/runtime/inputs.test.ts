import { afterEach, describe, expect, test, vi } from 'vitest'
import { inputsFor, resolveInputs } from '../../../plugin/runtime/inputs.ts'
import type { JsonSchema, Workflow } from '../../../src/document/model.ts'

afterEach(() => vi.unstubAllEnvs())

describe('inputs from the environment', () => {
  test('are read where they are asked for, and are secrets', () => {
    vi.stubEnv('DEMO_PASSWORD', 'hunter2')
    expect(resolveInputs({ username: 'demo', password: { env: 'DEMO_PASSWORD' } })).toEqual({
      inputs: { username: 'demo', password: 'hunter2' },
      secretInputs: ['password'],
    })
  })

  test('that are not there are an error', () => {
    expect(() => resolveInputs({ password: { env: 'NOT_THERE' } })).toThrowErrorMatchingInlineSnapshot(
      `[Error: Failed to read input "password": the environment has no NOT_THERE. Set it, say in the .env file or in the settings of CI.]`,
    )
  })

  test('are not meant by an object that only looks like it', () => {
    const inputs = { a: { env: 'HOME', more: 1 }, b: { env: 1 }, c: null, d: [{ env: 'HOME' }] }
    expect(resolveInputs(inputs)).toEqual({ inputs, secretInputs: [] })
  })
})

describe("the plugin's inputs", () => {
  const workflow = (inputs?: JsonSchema) => ({ inputs }) as Workflow
  const ofPlugin = { username: 'demo', locale: 'en' }

  test('go to every workflow, and what a call gives goes before them', () => {
    expect(inputsFor(workflow(), ofPlugin, { username: 'other' })).toEqual({
      username: 'other',
      locale: 'en',
    })
    expect(inputsFor(workflow({ properties: { username: {} } }), ofPlugin)).toEqual(ofPlugin)
  })

  test('that a workflow forbids stay away from it; what a call gives does not', () => {
    const strict = workflow({ properties: { username: {} }, additionalProperties: false })
    expect(inputsFor(strict, ofPlugin, { typo: 1 })).toEqual({ username: 'demo', typo: 1 })
  })
})
