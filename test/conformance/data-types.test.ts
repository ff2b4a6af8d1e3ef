import { expect } from 'vitest'
import { section } from './rule.ts'
import { run, step } from './run.ts'

const types = section('Data Types')

const withInput = (schema: object) => ({
  steps: [step('a')],
  workflow: { inputs: { type: 'object', properties: { value: schema } } },
})

async function fits(version: '1.0.1' | '1.1.0', schema: object, value: unknown): Promise<boolean> {
  try {
    await run(version, { ...withInput(schema), inputs: { value } })
    return true
  } catch (error) {
    expect((error as { problems: { code: string }[] }).problems.map(({ code }) => code)).toEqual(['invalid-input'])
    return false
  }
}

types.executed('an integer has no fraction', {}, async version => {
  expect(await fits(version, { type: 'integer' }, 3)).toBe(true)
  expect(await fits(version, { type: 'integer' }, 3.5)).toBe(false)
})

types.executed('int32 and int64 are bounds of an integer', {}, async version => {
  expect(await fits(version, { type: 'integer', format: 'int32' }, 2 ** 31 - 1)).toBe(true)
  expect(await fits(version, { type: 'integer', format: 'int32' }, 2 ** 31)).toBe(false)
  expect(await fits(version, { type: 'integer', format: 'int64' }, 2 ** 40)).toBe(true)
})

types.executed('float and double are numbers', {}, async version => {
  for (const format of ['float', 'double']) {
    expect(await fits(version, { type: 'number', format }, 0.1)).toBe(true)
    expect(await fits(version, { type: 'number', format }, 'x')).toBe(false)
  }
})

types.executed('password is a hint to obscure the value', {}, async version => {
  const { report } = await run(version, {
    steps: [step('a', { parameters: [{ name: 'key', in: 'query', value: '$inputs.value' }] })],
    workflow: withInput({ type: 'string', format: 'password' }).workflow,
    inputs: { value: 's3cret-s3cret' },
  })
  expect(JSON.stringify(report.steps)).not.toContain('s3cret-s3cret')
  expect(JSON.stringify(report.steps)).toContain('***')
})

types.executed('values keep their JSON type on the way through inputs and outputs', {}, async version => {
  const value = { text: 'a', number: 1.5, whole: 2, yes: true, nothing: null, list: [1, [2]], object: { a: {} } }
  const { outputs } = await run(version, {
    steps: [step('a', { outputs: { body: '$response.body', input: '$inputs.value' } })],
    workflow: { outputs: { body: '$steps.a.outputs.body', input: '$steps.a.outputs.input' } },
    answers: { body: value },
    inputs: { value },
  })
  expect(outputs).toEqual({ body: value, input: value })
})
