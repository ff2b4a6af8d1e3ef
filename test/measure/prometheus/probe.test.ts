import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { PrometheusProbe } from '../../../src/measure/prometheus/probe.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

function serveText(text: string): Promise<string> {
  return serve((_, response) => response.end(text))
}

const text = 'process_resident_memory_bytes 5e7\nprocess_cpu_seconds_total 1.5\nqueue{name="a"} 2\nqueue{name="b"} 3\n'

test('reads memory, CPU and further series of an application', async () => {
  const url = await serveText(text)
  const probe = new PrometheusProbe({ prometheus: url, series: { queue: 'max(queue)' } })
  expect(await probe.sample()).toEqual({ memory: 5e7, cpuTime: 1_500, processes: 1, series: { queue: 3 } })
})

test('takes other series for memory and CPU', async () => {
  const url = await serveText(
    'jvm_memory_used_bytes{area="heap"} 100\njvm_memory_used_bytes{area="nonheap"} 20\ncpu_ms 40\n',
  )
  const probe = new PrometheusProbe({ prometheus: url, memory: 'jvm_memory_used_bytes', cpu: 'cpu_ms / 1000' })
  expect(await probe.sample()).toEqual({ memory: 120, cpuTime: 40, processes: 1 })
})

test('reads a real registry', async () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'queue', help: 'Queue.', registers: [registry] }).set(7)
  const url = await serve(async (_, response) => response.end(await registry.metrics()))
  const reading = await new PrometheusProbe({ prometheus: url, series: { queue: 'queue' } }).sample()
  expect(reading.series).toEqual({ queue: 7 })
  expect(reading.memory / process.memoryUsage.rss()).toBeCloseTo(1, 0)
})

test.each([
  [
    'a page',
    '<html></html>',
    'line 1 is not a sample ("<html></html>"). Check that it serves the text format of Prometheus.',
  ],
])('%s', async (_, body, found) => {
  const url = await serveText(body)
  await expect(new PrometheusProbe({ prometheus: url }).sample()).rejects.toThrow(`Failed to measure ${url}: ${found}`)
})

test('an endpoint that is not there, or does not answer with 200', async () => {
  const url = await serve((_, response) => response.writeHead(404).end())
  const probe = new PrometheusProbe({ prometheus: url })
  await expect(probe.sample()).rejects.toThrow(
    `Failed to measure ${url}: it responds with 404. Check that the application runs, and the URL of its metrics.`,
  )
  server!.close()
  await once(server!, 'close')
  await expect(probe.sample()).rejects.toThrow(/ECONNREFUSED.*Check that the application runs/)
})

test('who asks is not told with where', async () => {
  const url = await serve((_, response) => response.writeHead(404).end())
  const probe = new PrometheusProbe({ prometheus: url.replace('://', '://ada:p@ss-of-mine@') })
  expect(probe.subject).toBe(url)
  await expect(probe.sample()).rejects.toThrow(`Failed to measure ${url}: it responds with 404.`)
})

test('what is not there has no value, and the rest is read all the same', async () => {
  const url = await serveText('process_cpu_seconds_total 2\nsize NaN\n')
  const probe = new PrometheusProbe({ prometheus: url, series: { queue: 'queue', size: 'size' } })
  const advice = 'Have the application expose it, or name another series.'
  expect(await probe.sample()).toEqual({
    memory: 0,
    cpuTime: 2_000,
    processes: 1,
    missing: {
      memory: `Failed to measure ${url}: there is no process_resident_memory_bytes. ${advice}`,
      'series.queue': `Failed to measure ${url}: there is no queue. ${advice}`,
      'series.size': `Failed to measure ${url}: size is NaN. ${advice}`,
    },
  })
})

test('CPU of an application that was started again goes on from where it was', async () => {
  const seconds = [3, 5, 1, 2]
  const url = await serve((_, response) =>
    response.end(`process_resident_memory_bytes 1\nprocess_cpu_seconds_total ${seconds.shift()}\n`),
  )
  const probe = new PrometheusProbe({ prometheus: url })
  const seen = []
  for (let n = 0; n < 4; n++) seen.push((await probe.sample()).cpuTime)
  expect(seen).toEqual([3_000, 5_000, 6_000, 7_000])
})
