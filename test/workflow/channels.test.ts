import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isUserError } from '../../src/ground/fault.ts'
import {
  type ChannelContext,
  type ChannelMessage,
  type ChannelsOption,
  type ChannelTransport,
  type ChannelUse,
  createMemoryChannels,
  runLoad,
  runWorkflow,
  type StepRun,
} from '../../src/index.ts'
import { openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { slashed } from '../builders/system.ts'

const events = `asyncapi: 3.0.0
info: { title: events, version: '1' }
servers: { broker: { host: 'broker.example.com:1883', protocol: mqtt } }
channels:
  orders:
    address: orders/{region}
    parameters: { region: { default: eu } }
    messages: { order: { correlationId: { location: '$message.header#/orderKey' } } }
  confirmations:
    address: confirmations
    messages: { confirmation: { correlationId: { location: '$message.payload#/key' } } }
operations:
  placeOrder: { action: send, channel: { $ref: '#/channels/orders' } }
  confirmOrder: { action: receive, channel: { $ref: '#/channels/confirmations' } }
`
const api = openapi({ order: ['post', '/orders'], status: ['get', '/status'] })

const flow = (steps: string) => `arazzo: 1.1.0
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.yaml, type: openapi }
  - { name: events, url: ./events.yaml, type: asyncapi }
workflows:
  - workflowId: main
    inputs: { type: object, properties: { key: {}, region: {} } }
    steps:
${steps}
${steps.includes('stepId: confirm') ? '    outputs: { orderId: $steps.confirm.outputs.orderId }' : ''}
`

const post =
  '      - { stepId: order, operationId: $sourceDescriptions.api.order, requestBody: { payload: { key: $inputs.key } } }'
const confirm = (fields = '') => `      - stepId: confirm
        operationId: $sourceDescriptions.events.confirmOrder
        action: receive
        correlationId: $inputs.key
        timeout: 300
        successCriteria: [{ condition: $message.payload.state == 'accepted' }]
        outputs: { orderId: $message.payload#/orderId, trace: $message.header.Trace }
${fields}`

interface Given {
  channels?: ChannelsOption
  inputs?: Record<string, unknown>
  answer?: (request: Seen) => Answer
}

async function run(document: string, { channels, inputs = { key: 'k1' }, answer = () => ({}) }: Given = {}) {
  const server = await serve(answer)
  const folder = project({ 'api.yaml': api, 'events.yaml': events, 'flow.arazzo.yaml': document })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, {
    servers: { api: server.origin },
    inputs,
    ...(channels && { channels }),
  })
  return { report, folder, requests: server.seen.map(({ method, url }) => `${method} ${url}`) }
}

/** An application that confirms what it is asked for by HTTP. */
function confirming(messages: (key: string) => Record<string, unknown>[]) {
  const channels = createMemoryChannels()
  const answer = ({ method, body }: Seen): Answer => {
    if (method === 'GET') return {}
    for (const payload of messages(JSON.parse(body).key))
      channels.publish('confirmations', { headers: { trace: 't1' }, payload })
    return { status: 202 }
  }
  return { channels, answer }
}

const trail = (steps: readonly StepRun[]) => steps.map(({ stepId, state }) => `${stepId} ${state}`)

describe('an HTTP step, and the message that it brings about', () => {
  test('that is waited for from before, where steps run at the same time', async () => {
    const inTurn = flow(`${confirm()}${post}`)
    const together = inTurn
      .replace('    steps:', '    x-vitest: { parallel: true }\n    steps:')
      .replace('timeout: 300', 'timeout: 60000')
    const { report } = await run(
      together,
      confirming(key => [{ key, state: 'accepted', orderId: 7 }]),
    )
    expect(trail(report.steps)).toEqual(['confirm passed', 'order passed'])
    expect(report.outputs).toEqual({ orderId: 7 })
    const { report: late } = await run(
      inTurn,
      confirming(key => [{ key, state: 'accepted', orderId: 7 }]),
    )
    expect(trail(late.steps)).toEqual(['confirm unanswered'])
  })

  test('that came before the step which receives it', async () => {
    const { report } = await run(
      flow(`${post}\n${confirm()}`),
      confirming(key => [{ key: 'k0' }, { key, state: 'accepted', orderId: 7 }]),
    )
    expect(report.because).toBeUndefined()
    expect(report.outputs).toEqual({ orderId: 7 })
    expect(report.steps[1]).toMatchObject({
      state: 'passed',
      operation: 'receive confirmations',
      outputs: { orderId: 7, trace: 't1' },
      delivery: {
        action: 'receive',
        address: 'confirmations',
        correlationId: 'k1',
        message: { headers: { trace: 't1' }, payload: { key: 'k1', state: 'accepted', orderId: 7 } },
      },
    })
  })

  test('that comes while it is waited for', async () => {
    const channels = createMemoryChannels()
    const late = setTimeout(
      () => channels.publish('confirmations', { payload: { key: 'k1', state: 'accepted', orderId: 8 } }),
      50,
    )
    const { report } = await run(flow(`${post}\n${confirm()}`), { channels })
    clearTimeout(late)
    expect(report.outputs).toEqual({ orderId: 8 })
  })

  test('that never comes', async () => {
    const { report } = await run(
      flow(`${post}\n${confirm()}`),
      confirming(() => []),
    )
    expect(report.because).toMatchInlineSnapshot(
      `"step "confirm" failed: no message with correlationId "k1" came on "confirmations" within 300 ms"`,
    )
    expect(report.steps.at(-1)).toMatchObject({ state: 'unanswered', cause: 'timeout' })
  })

  test('whose id has no value is not waited for', async () => {
    const { report } = await run(flow(`${post}\n${confirm()}`), { ...confirming(() => []), inputs: {} })
    expect(report.because).toMatchInlineSnapshot(
      `"step "confirm" failed: Failed to run step "confirm": its correlationId has no value, so that any message would do. $inputs.key came out empty: check what is given as input "key"."`,
    )
  })
})

describe('what follows', () => {
  test('a step that failed receives the next message when it is tried again', async () => {
    const retry = '        onFailure: [{ name: again, type: retry, retryLimit: 2 }]'
    const { report } = await run(
      flow(`${post}\n${confirm(retry)}`),
      confirming(key => [
        { key, state: 'pending' },
        { key, state: 'accepted', orderId: 9 },
      ]),
    )
    expect(trail(report.steps)).toEqual(['order passed', 'confirm failed', 'confirm passed'])
    expect(report.outputs).toEqual({ orderId: 9 })
  })

  test('actions look at the message', async () => {
    const onFailure = `        onFailure: [{ name: ask, type: goto, stepId: status, criteria: [{ condition: $message.payload.state == 'refused' }] }]
      - { stepId: status, operationId: $sourceDescriptions.api.status, successCriteria: [{ condition: $message.payload == null }] }`
    const { report } = await run(
      flow(`${post}\n${confirm(onFailure)}`),
      confirming(key => [{ key, state: 'refused' }]),
    )
    expect(trail(report.steps)).toEqual(['order passed', 'confirm failed', 'status passed'])
    expect(report.steps[1]!.next).toMatchObject({ go: 'step', action: 'ask' })
  })
})

describe('a message that is sent', () => {
  const place = `      - stepId: place
        channelPath: '{$sourceDescriptions.events.url}#/channels/orders'
        action: send
        parameters:
          - { name: orderKey, in: header, value: $inputs.key }
          - { name: region, in: path, value: $inputs.region }
        requestBody: { payload: { items: [1], note: $inputs.none }, replacements: [{ target: /count, value: 2 }] }
        successCriteria: [{ condition: $message.header.orderkey == 'k1' && $message.payload.count == 2 }]`

  test('has an address, headers and a payload; a subscriber answers it', async () => {
    const channels = createMemoryChannels()
    const sent: ChannelMessage[] = []
    const end = channels.subscribe('orders/us', message => {
      sent.push(message)
      channels.publish('confirmations', { payload: { key: message.correlationId, state: 'accepted' } })
    })
    const { report } = await run(flow(`${place}\n${confirm()}`), { channels, inputs: { key: 'k1', region: 'us' } })
    end()
    expect(report.because).toBeUndefined()
    expect(sent).toEqual([
      {
        address: 'orders/us',
        headers: { orderKey: 'k1' },
        payload: { items: [1], count: 2 },
        contentType: 'application/json',
        correlationId: 'k1',
      },
    ])
  })

  test('that the transport refuses fails the step', async () => {
    const channels: ChannelTransport = {
      send: () => Promise.reject(new Error('the broker is gone')),
      receive: () => ({ payload: 1 }),
    }
    const { report } = await run(flow(place), { channels })
    expect(report.because).toMatchInlineSnapshot(
      `"step "place" failed: Failed to send to "orders/eu": the broker is gone."`,
    )
    expect(report.steps[0]).toMatchObject({ state: 'unanswered', cause: 'channel' })
  })
})

describe('a transport', () => {
  const any = flow(confirm().replace('        correlationId: $inputs.key\n', ''))

  test('is opened with the channels that are used, told who asks, and closed if it was made', async () => {
    const told: string[] = []
    const uses: ChannelUse[] = []
    const contexts: ChannelContext[] = []
    const make = (): ChannelTransport => ({
      open: given => void uses.push(...given),
      send() {},
      receive(_, context) {
        contexts.push(context)
        return { payload: new TextEncoder().encode('{"state":"accepted","orderId":1}') }
      },
      close: () => void told.push('closed'),
    })
    const { report } = await run(any, { channels: make })
    expect(report.outputs).toEqual({ orderId: 1 })
    expect(uses).toEqual([
      {
        source: 'events',
        channel: 'confirmations',
        address: 'confirmations',
        action: 'receive',
        servers: [{ name: 'broker', protocol: 'mqtt', url: 'mqtt://broker.example.com:1883' }],
      },
    ])
    expect(contexts[0]).toMatchObject({
      source: 'events',
      channel: 'confirmations',
      workflowId: 'main',
      stepId: 'confirm',
    })
    expect(told).toEqual(['closed'])
    await run(any, { channels: make() })
    expect(told).toEqual(['closed'])
  })

  test('is told when nobody waits any more', async () => {
    let reason: unknown
    const channels: ChannelTransport = {
      send() {},
      receive: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = 'aborted'
            reject(signal.reason)
          })
        }),
    }
    await run(any, { channels })
    await setImmediate()
    expect(reason).toBe('aborted')
  })

  test('that gives what was not asked for does not deceive a step, nor keep its timeout from coming', async () => {
    const same = { payload: { key: 'other', state: 'accepted' } }
    const { report } = await run(flow(confirm()), { channels: { send() {}, receive: () => same } })
    expect(report.because).toMatch(
      /^step "confirm" failed: no message with correlationId "k1" came .* for others \(the last for "other"\)$/,
    )
  })

  test('that gives nothing is said to', async () => {
    const channels = { send() {}, receive: () => undefined as never }
    expect((await run(any, { channels })).report.because).toMatchInlineSnapshot(
      `"step "confirm" failed: Failed to receive from "confirmations": the transport gave nothing; receive() must resolve to { headers, payload }."`,
    )
  })

  test('may be a module, by its path or for each source', async () => {
    const module = `import { existsSync } from 'node:fs'
export default () => ({ send() {}, receive: () => ({ payload: { state: 'accepted', orderId: existsSync('/') } }) })`
    const folder = project({
      'channels.mjs': module,
      'empty.mjs': 'export const x = 1',
      'broken.mjs': 'throw new Error("no")',
    })
    expect((await run(any, { channels: `${folder}/channels.mjs` })).report.outputs).toEqual({ orderId: true })
    expect((await run(any, { channels: { events: `${folder}/channels.mjs` } })).report.outputs).toEqual({
      orderId: true,
    })
    const errorOf = async (name: string) =>
      run(any, { channels: `${folder}/${name}` }).then(
        () => 'none',
        error => (isUserError(error) ? slashed(error.message.replaceAll(folder, '<folder>')) : 'not foreseen'),
      )
    expect(await errorOf('empty.mjs')).toMatchInlineSnapshot(
      `"Failed to use the channels of <folder>/empty.mjs: there is no default export. Export a transport as default, or a function that makes one."`,
    )
    expect(await errorOf('broken.mjs')).toMatchInlineSnapshot(
      `"Failed to import channels from <folder>/broken.mjs: no."`,
    )
    expect(await errorOf('gone.mjs')).toMatchInlineSnapshot(
      `"Failed to import channels: <folder>/gone.mjs does not exist."`,
    )
  })
})

test('without channels nothing is run, and the problem says what to give', async () => {
  const document = flow(`${post}\n${confirm()}`)
  const problem = (channels?: ChannelsOption) =>
    run(document, { ...(channels && { channels }) }).then(
      () => 'none',
      error => (error as Error).message.replaceAll(/\S+flow\.arazzo/g, 'flow.arazzo'),
    )
  expect(await problem()).toMatchInlineSnapshot(`
    "flow.arazzo.yaml:12:22: Failed to connect step "confirm": it receives from channel "confirmations" of source "events", and no channels are connected. Give a transport in the option \`channels\`, as in channels: { events: './channels.js' }.
      10 |       - { stepId: order, operationId: $sourceDescriptions.api.order, requestBody: { payload: { key: …
      11 |       - stepId: confirm
    > 12 |         operationId: $sourceDescriptions.events.confirmOrder
         |                      ^
      13 |         action: receive
      14 |         correlationId: $inputs.key"
  `)
  const folder = project({ 'api.yaml': api, 'events.yaml': events, 'flow.arazzo.yaml': document })
  const load = runLoad({ workflow: `${folder}/flow.arazzo.yaml`, load: { vus: 1, duration: '1s' } })
  await expect(load).rejects.toThrow('of source "events", and no channels are connected.')
  expect(await problem({ audit: createMemoryChannels() })).toContain('and that source has no transport')
})

test('secrets in messages are masked', async () => {
  const channels = createMemoryChannels()
  const place = `      - stepId: place
        operationId: $sourceDescriptions.events.placeOrder
        action: send
        parameters: [{ name: Authorization, in: header, value: 'Bearer top-secret-1' }]
        requestBody: { payload: { again: top-secret-1 } }`
  const { report } = await run(flow(place), { channels })
  expect(JSON.stringify(report)).not.toContain('top-secret-1')
})
