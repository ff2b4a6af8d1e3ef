import { expect } from 'vitest'
import { createMemoryChannels, type MemoryChannels } from '../../src/index.ts'
import { section } from './rule.ts'
import { accepted, read, refused, run, step } from './run.ts'

const ofStep = section('Step Object', { only: '1.1.0' })
const { refused: isRefused, executed } = section('Defining Success for Asynchronous Steps', { only: '1.1.0' })

const events = `asyncapi: 3.0.0
info: { title: events, version: '1' }
channels:
  orders: { address: 'orders/{region}', parameters: { region: { default: eu } }, messages: { order: { payload: { type: object } } } }
  confirmed: { address: confirmed, messages: { confirmed: { correlationId: { location: $message.payload#/id } } } }
operations:
  placeOrder: { action: send, channel: { $ref: '#/channels/orders' } }
  confirmOrder: { action: receive, channel: { $ref: '#/channels/confirmed' } }
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

/** Channels on which these messages have come. */
function channelsWith(...payloads: unknown[]): MemoryChannels {
  const channels = createMemoryChannels()
  for (const payload of payloads) channels.publish('confirmed', { payload })
  return channels
}

ofStep.executed(
  'action send: a message goes to the channel of the operation',
  { field: ['action', 'operationId'], decides: 'channels' },
  async version => {
    const channels = channelsWith()
    const sending = {
      ...place,
      parameters: [
        { name: 'requestId', in: 'header', value: '$inputs.id' },
        { name: 'region', in: 'path', value: 'eu' },
      ],
      requestBody: { payload: { item: '$inputs.item', text: 'item {$inputs.item}' } },
      outputs: { id: '$message.header.requestid', item: '$message.payload#/item' },
    }
    const { report } = await run(version, { ...withEvents(sending), channels, inputs: { id: 'a', item: 1 } })
    expect(channels.kept('orders/eu')).toMatchObject([
      { headers: { requestId: 'a' }, payload: { item: 1, text: 'item 1' } },
    ])
    expect(report.steps).toMatchObject([{ state: 'passed', outputs: { id: 'a', item: 1 } }])
  },
)

ofStep.executed(
  '$message.path is a parameter of the address, and $message.query nothing',
  { decides: 'message-query' },
  async version => {
    const sending = {
      ...place,
      parameters: [{ name: 'region', in: 'path', value: 'north/1' }],
      outputs: { region: '$message.path.region', other: '$message.path.other', query: '$message.query.a' },
      successCriteria: [{ condition: "$message.path.region == 'north/1'" }],
    }
    const { report } = await run(version, { ...withEvents(sending), channels: createMemoryChannels() })
    expect(report).toMatchObject({ state: 'passed' })
    expect(report.steps[0]).toMatchObject({ outputs: { region: 'north/1' } })
    const { codes } = await read(version, withEvents(sending))
    expect(codes).toEqual(['(unavailable-value)'])
  },
)

ofStep.executed(
  'action receive: a message comes from it; $message is that message',
  { field: ['action', 'outputs'] },
  async version => {
    const receiving = { ...confirm, outputs: { order: '$message.payload.orderId', whole: '$message.payload' } }
    const given = { channels: channelsWith({ id: 'a', orderId: 5 }), inputs: { id: 'a' } }
    const { report } = await run(version, { ...withEvents(receiving), ...given })
    expect(report.steps).toMatchObject([{ outputs: { order: 5, whole: { id: 'a', orderId: 5 } } }])
  },
)

ofStep.executed(
  'correlationId: is what the description says it is, in a header or in the payload',
  { field: 'correlationId', decides: 'correlation-ids' },
  async version => {
    const channels = channelsWith({ id: 'b', orderId: 1 }, { id: 'a', orderId: 2 })
    const { report } = await run(version, { ...withEvents(confirm), channels, inputs: { id: 'a' } })
    expect(report.steps[0]!.delivery?.message?.payload).toEqual({ id: 'a', orderId: 2 })
    expect(channels.kept('confirmed')).toHaveLength(1)
  },
)

ofStep.executed(
  'channelPath: names the channel by its source and a JSON Pointer',
  { field: 'channelPath' },
  async version => {
    const channelPath = '{$sourceDescriptions.events.url}#/channels/confirmed'
    const channels = channelsWith({ id: 'a' })
    const receiving = { stepId: 'a', channelPath, action: 'receive' }
    expect((await run(version, { ...withEvents(receiving), channels })).report.state).toBe('passed')
    const gone = { ...receiving, channelPath: '{$sourceDescriptions.events.url}#/channels/confirmd' }
    expect(await refused(version, withEvents(gone))).toEqual(['undefined-operation'])
    const other = { ...receiving, channelPath: '{$sourceDescriptions.api.url}#/channels/confirmed' }
    expect(await refused(version, withEvents(other))).toEqual(['undefined-operation'])
  },
)

ofStep.executed(
  'an operationPath with an operationId, as in the example of the specification, is that operation',
  { field: 'operationPath' },
  async version => {
    const { operationId, ...rest } = confirm
    const given = { channels: channelsWith({ id: 'a' }), inputs: { id: 'a' } }
    const parts = withEvents({ ...rest, operationPath: operationId })
    expect((await run(version, { ...parts, ...given })).report.state).toBe('passed')
    const pointer = '{$sourceDescriptions.events.url}#/operations/confirmOrder'
    const again = { channels: channelsWith({ id: 'a' }), inputs: { id: 'a' } }
    expect((await run(version, { ...withEvents({ ...rest, operationPath: pointer }), ...again })).report.state).toBe(
      'passed',
    )
  },
)

ofStep.executed(
  'dependsOn: a message is in flight until the first step that depends on it',
  { field: 'dependsOn', decides: 'messages-in-flight' },
  async version => {
    const channels = createMemoryChannels()
    const parts = withEvents(
      confirm,
      step('place', { operationId: '$sourceDescriptions.api.postThing' }),
      step('look', { operationId: '$sourceDescriptions.api.getThing', dependsOn: ['confirm'] }),
    )
    const answer = ({ method }: { method: string }) => {
      if (method === 'POST') channels.publish('confirmed', { payload: { id: 'a' } })
      return { body: {} }
    }
    const { trail } = await run(version, { ...parts, answers: answer, channels, inputs: { id: 'a' } })
    expect(trail).toEqual(['place passed', 'confirm passed', 'look passed'])
  },
)

isRefused(
  'without channels nothing is run: the problem says that they are not connected',
  { decides: 'channels' },
  async version => {
    for (const one of [place, confirm])
      await expect(run(version, { ...withEvents(one), inputs: { id: 'a' } })).rejects.toMatchObject({
        problems: [{ code: 'channels-not-connected' }],
      })
  },
)

isRefused('a message has headers and an address, and no query', {}, async version => {
  for (const where of ['query', 'cookie', 'querystring'])
    expect(
      await refused(version, withEvents({ ...place, parameters: [{ name: 'a', in: where, value: 1 }] })),
    ).toContain('unknown-parameter')
})

executed('a step that sends is complete when the message is sent', {}, async version => {
  const channels = { send() {}, receive: () => new Promise<never>(() => {}) }
  expect((await run(version, { ...withEvents(place), channels })).report.state).toBe('passed')
})

executed('without successCriteria any message with the id, or any at all, is success', {}, async version => {
  const given = { channels: channelsWith({ id: 'a', error: 'no' }), inputs: { id: 'a' } }
  expect((await run(version, { ...withEvents(confirm), ...given })).report.state).toBe('passed')
  const { correlationId: _, ...any } = confirm
  expect((await run(version, { ...withEvents(any), channels: channelsWith(1) })).report.state).toBe('passed')
})

executed('with them the message decides', { level: 'SHOULD' }, async version => {
  const judged = { ...confirm, successCriteria: [{ condition: "$message.payload.state == 'ok'" }] }
  const stateFor = async (state: string) => {
    const given = { channels: channelsWith({ id: 'a', state }), inputs: { id: 'a' } }
    return (await run(version, { ...withEvents(judged), ...given })).report.state
  }
  expect(await stateFor('ok')).toBe('passed')
  expect(await stateFor('refused')).toBe('failed')
})

executed(
  'without a message in time the step fails, and its onFailure actions are followed',
  { decides: 'channel-timeouts' },
  async version => {
    const parts = withEvents(
      { ...confirm, timeout: 50, onFailure: [{ name: 'on', type: 'goto', stepId: 'b' }] },
      step('b', { operationId: '$sourceDescriptions.api.getThing' }),
    )
    const given = { channels: channelsWith({ id: 'another' }), inputs: { id: 'a' } }
    const { trail } = await run(version, { ...parts, ...given })
    expect(trail).toEqual(['confirm unanswered', 'b passed'])
  },
)

ofStep.refused('channelPath excludes operationId and workflowId', { field: 'channelPath' }, async version => {
  const channelPath = '{$sourceDescriptions.events.url}#/channels/orders'
  expect(await refused(version, withEvents({ ...place, channelPath }))).toContain('exclusive-fields')
  expect(await refused(version, withEvents(step('a', { workflowId: 'main', channelPath, action: 'send' })))).toContain(
    'exclusive-fields',
  )
})

ofStep.refused('an action is send or receive', { field: 'action' }, async version => {
  for (const action of ['publish', 'Send', 1])
    expect(await refused(version, withEvents({ ...place, action }))).toContain('invalid-value')
})

executed(
  "a step without an action has its operation's, with a warning; a channelPath has no action",
  { decides: 'channel-actions' },
  async version => {
    const { action: _, ...silent } = place
    expect((await read(version, withEvents(silent))).codes).toEqual(['(missing-field)'])
    const channels = createMemoryChannels()
    await run(version, { ...withEvents(silent), channels })
    expect(channels.kept('orders/eu')).toHaveLength(1)
    const channelPath = '{$sourceDescriptions.events.url}#/channels/orders'
    expect(await refused(version, withEvents({ stepId: 'a', channelPath }))).toEqual(['missing-field'])
  },
)

executed(
  'descriptions of AsyncAPI 2 say publish for what a client sends',
  { decides: 'channel-actions' },
  async version => {
    const old = `asyncapi: 2.6.0
info: { title: events, version: '1' }
channels:
  orders/{region}: { parameters: { region: { schema: { default: eu } } }, publish: { operationId: placeOrder, message: {} } }
  confirmed: { subscribe: { operationId: confirmOrder, message: { correlationId: { location: $message.payload#/id } } } }
`
    const channels = channelsWith({ id: 'b' }, { id: 'a' })
    const parts = { ...withEvents(place, confirm), files: { 'events.yaml': old } }
    const { report } = await run(version, { ...parts, channels, inputs: { id: 'a' } })
    expect(report.because).toBeUndefined()
    expect(channels.kept('orders/eu')).toHaveLength(1)
  },
)

executed('an unused description does not keep a workflow from running', { decides: 'channels' }, async version => {
  const parts = withEvents(step('a', { operationId: '$sourceDescriptions.api.getThing' }))
  await accepted(version, parts)
  expect((await run(version, parts)).requests).toEqual(['GET /thing'])
})
