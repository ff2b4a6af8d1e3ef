import { expect, test } from 'vitest'
import type { JsonSchema, Workflow } from '../../../src/document/model.ts'
import { constantsOf, feedOf, fromFolder, isChanging, withConstants } from '../../../src/load/feed/source.ts'
import { inputsFor, suiteFeed } from '../../../src/load/suites/options.ts'

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

test('an input that has the name of a feed is an input, where the workflow does not declare it', () => {
  for (const name of ['csv', 'json', 'rows', 'call']) {
    const inputs = withConstants(workflow(), { [name]: 'x' }, undefined)
    expect(isChanging(feedOf(workflow(), inputs))).toBe(false)
    expect(constantsOf(workflow(), inputs)).toEqual({ [name]: 'x' })
    const suite = { inputs: { [name]: 'x' }, common: {}, isFeedCommon: false, tags: [], hooks: [] }
    const ofSuite = suiteFeed(workflow(), suite)
    expect([isChanging(feedOf(workflow(), ofSuite)), constantsOf(workflow(), ofSuite)]).toEqual([
      false,
      { [name]: 'x' },
    ])
    const more = withConstants(workflow(), { [name]: 'x' }, { rows: [{ id: 1 }] })
    expect(feedOf(workflow(), more)).toEqual({ rows: [{ id: 1 }] })
    expect(constantsOf(workflow(), more)).toEqual({ [name]: 'x' })
  }
})

test('rows of a suite are rows, where the workflow has an input of that name, too', () => {
  const rows = [{ rows: 1 }, { rows: 2 }]
  const at = { file: '/shop.arazzo.yaml', line: 1, column: 1 }
  const named = workflow({ properties: { rows: {}, call: {} } })
  const suite = { inputs: {}, common: {}, feed: { rows, at }, isFeedCommon: false, tags: [], hooks: [] }
  for (const source of [suiteFeed(named, suite), withConstants(named, {}, rows), withConstants(named, {}, () => ({}))])
    expect(isChanging(feedOf(named, fromFolder('/', named, source!)))).toBe(true)
})
