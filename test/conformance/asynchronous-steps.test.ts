import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, refused, run, step } from './run.ts'

const ofStep = section('Step Object', { only: '1.1.0' })
const { refused: isRefused, executed } = section('Defining Success for Asynchronous Steps', { only: '1.1.0' })

const events = `asyncapi: 3.0.0
info: { title: events, version: '1' }
channels:
  orders: { address: orders, messages: { order: { payload: { type: object } } } }
operations:
  placeOrder: { action: send, channel: { $ref: '#/channels/orders' } }
  confirmOrder: { action: receive, channel: { $ref: '#/channels/orders' } }
`
const withEvents = (...steps: object[]) => ({
  steps,
  root: {
    sourceDescriptions: [
      { name: 'api', url: './api.json', type: 'openapi' },
      { name: 'events', url: './events.yaml', type: 'asyncapi' },
    ],
  },
  files: { 'events.yaml': events },
})
const place = { stepId: 'place', operationId: '$sourceDescriptions.events.placeOrder', action: 'send' }
const confirm = {
  stepId: 'confirm',
  operationId: '$sourceDescriptions.events.confirmOrder',
  action: 'receive',
  correlationId: '$inputs.id',
  timeout: 6000,
}

ofStep.refused(
  'action, correlationId: a step on a channel says that channels are not connected',
  { field: ['action', 'correlationId'], decides: 'channels' },
  async version => {
    expect(await refused(version, withEvents(place))).toEqual(['channels-not-connected'])
    expect(await refused(version, withEvents(confirm))).toEqual(['channels-not-connected'])
  },
)

ofStep.refused(
  'channelPath: so does one that names its channel',
  { field: 'channelPath', decides: 'channels' },
  async version => {
    const channel = {
      stepId: 'a',
      channelPath: '{$sourceDescriptions.events.url}#/channels/orders',
      action: 'send',
    }
    expect(await refused(version, withEvents(channel))).toEqual(['channels-not-connected'])
  },
)

ofStep.refused('channelPath excludes operationId and workflowId', { field: 'channelPath' }, async version => {
  const channelPath = '{$sourceDescriptions.events.url}#/channels/orders'
  expect(await refused(version, withEvents({ ...place, channelPath }))).toContain('exclusive-fields')
  expect(
    await refused(version, withEvents(step('a', { workflowId: 'main', channelPath, action: 'send' }))),
  ).toContain('exclusive-fields')
})

ofStep.refused('an action is send or receive', { field: 'action' }, async version => {
  for (const action of ['publish', 'Send', 1])
    expect(await refused(version, withEvents({ ...place, action }))).toContain('invalid-value')
})

isRefused(
  'an operation of an AsyncAPI description is known for one, also without an action',
  { decides: 'channels' },
  async version => {
    const { action: _, ...silent } = place
    expect(await refused(version, withEvents(silent))).toEqual(['channels-not-connected'])
  },
)

executed(
  'a description that nobody uses does not keep a workflow from running',
  { decides: 'channels' },
  async version => {
    const parts = withEvents(step('a', { operationId: '$sourceDescriptions.api.getThing' }))
    await accepted(version, parts)
    expect((await run(version, parts)).requests).toEqual(['GET /thing'])
  },
)
