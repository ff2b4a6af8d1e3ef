import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as later } from 'node:timers'
import { expect, onTestFinished, test } from 'vitest'
import { annotationsOf } from '../../plugin/runtime/workflow-suite.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const api = openapi({ get: ['get', '/'] })
const respond = (status: number) => `HTTP/1.1 ${status} Found\r\ncontent-length: 0\r\n\r\n`
const RESENT = 'the request was sent again: its idle connection had ended before it arrived'

/** A step that is tried again after a pause, on a connection that `second` ends then. */
async function runOver(pause: number, second: (socket: Socket) => void) {
  let seen = 0
  const server = createServer(socket => {
    socket.on('error', () => {})
    let carried = 0
    socket.on('data', () => {
      seen++
      if (carried++ > 0) second(socket)
      else socket.write(respond(seen === 1 ? 503 : 200))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const retry = `onFailure: [{ name: again, type: retry, retryAfter: ${pause}, retryLimit: 1 }]`
  const step = `stepId: only\n        operationId: get\n        successCriteria: [{ condition: $statusCode == 200 }]`
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`\n  - workflowId: main\n    steps:\n      - ${step}\n        ${retry}\n`),
  })
  const servers = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { report: await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers }), seen: () => seen }
}

test('a request that is sent again since its idle connection had ended is shown with its step', async () => {
  const { report, seen } = await runOver(1.1, socket => socket.resetAndDestroy())
  expect(report.state).toBe('passed')
  expect(seen()).toBe(3)
  expect(report.steps.map(({ exchange }) => exchange?.isResent)).toEqual([undefined, true])
  expect(renderWorkflowReport(report, { color: false }).replaceAll(/\s+/g, ' ')).toContain(`! ${RESENT}`)
  expect(annotationsOf(report.steps, undefined)).toContain(`attempt 2: ${RESENT}`)
})

test('a connection that is cut under a request fails the step, before a byte of the response has come or after it', async () => {
  const { report, seen } = await runOver(0, socket => socket.resetAndDestroy())
  expect(report).toMatchObject({ state: 'failed', because: expect.stringContaining('before a byte of the response') })
  expect(seen()).toBe(2)
  const late = await runOver(1.1, socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
    later(() => socket.destroy(), 20)
  })
  expect(late.seen()).toBe(2)
  const [, attempt] = late.report.steps
  expect(attempt).toMatchObject({ state: 'unanswered', cause: 'reset' })
  expect(attempt).toMatchObject({ error: expect.stringContaining('within the body of the response.') })
  expect(attempt?.exchange?.isResent).toBeUndefined()
})
