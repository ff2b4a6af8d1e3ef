import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listen } from '../../builders/listen.ts'
import { shared } from '../../builders/shared.ts'
import { copySuite, failuresIn, failuresOf, outlineOf, runSuite } from './run-suite.ts'

/** Takes orders, and confirms them on an event stream: the message is out before the answer. */
async function serveOrders(): Promise<string> {
  const listeners = new Set<ServerResponse>()
  let last = 0
  const server = createServer((request, response) => {
    if (request.url === '/events') {
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
      return void response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
    }
    const id = ++last
    for (const listener of listeners) listener.write(`${JSON.stringify({ id, state: 'accepted' })}\n`)
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id }))
  })
  return listen(server)
}

/** One run of the suite, and of a document that expects something else. */
const orders = shared(async () => {
  const folder = await copySuite('channels')
  const text = readFileSync(join(folder, 'orders.arazzo.yaml'), 'utf8')
  writeFileSync(join(folder, 'refused.arazzo.yaml'), text.replace("== 'accepted'", "== 'refused'"))
  return runSuite(folder, [], { ORDERS_API: await serveOrders() })
})

test('documents, tests by hand and load receive messages by the modules that the options name', async () => {
  const { tree, exitCode } = await orders()
  expect(
    tree.replace(/^.*rate and latency over time\n/m, '').replace(/notice(:\d+)?: .*/, 'notice: ...'),
  ).toMatchInlineSnapshot(`
    "by-hand.test.ts
      ✓ the channels of the plugin, by the same module as the test imports
      ✓ channels of its own
      ✓ a function cannot be loaded
      load
        ✓ 4 virtual users, 5 iterations each
          notice: ...
          notice:28: report
        ✓ budget: errorRate
          budget:32: errorRate <= 0 %: 0 % (another run of 20 may have up to 14 %)
        ✓ budget: confirm errorRate
          budget:32: confirm errorRate <= 0 %: 0 % (another run of 20 may have up to 14 %)
        ✓ budget: resent
          budget:32: resent <= 0: 0
    orders.arazzo.yaml
      buy
        ✓ order
        ✓ confirm
    refused.arazzo.yaml
      buy
        ✓ order
        × confirm (CriterionError)"
  `)
  // By the other document.
  expect(exitCode).toBe(1)
})

test('a message that is not as it should be fails its step, and shows', async () => {
  // The number of the order depends on those before.
  const failures = failuresOf((await orders()).output, 'refused.arazzo.yaml')
  expect(outlineOf(failures.replaceAll(/(?<=correlationId |"id":)\d+/g, 'N'))).toMatchInlineSnapshot(`
    "FAIL  refused.arazzo.yaml > buy > confirm
    CriterionError: Failed to pass step "confirm": $message.payload.state == 'refused': received "accepted".
      receive confirmations (correlationId N)
        {"id":N,"state":"accepted"}
     ❯ confirm > successCriteria[0] refused.arazzo.yaml:19:24
     ❯ buy > confirm refused.arazzo.yaml:13:9
     ❯ receive confirmations events.yaml:9:3"
  `)
})

test('without channels the document says so when it is collected', async () => {
  const { output } = await runSuite('channels', ['orders'], { ORDERS_API: 'http://127.0.0.1:1', ALONE: 'yes' })
  expect(outlineOf(failuresIn(output))).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯
     FAIL  orders.arazzo.yaml [ orders.arazzo.yaml ]
    ArazzoError: Failed to connect step "confirm": it receives from channel "confirmations" of source "events", and no channels are connected. Give a transport in the option \`channels\`, as in channels: { events: './channels.js' }.
     ❯ channels-not-connected orders.arazzo.yaml:14:22
    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯"
  `)
})
