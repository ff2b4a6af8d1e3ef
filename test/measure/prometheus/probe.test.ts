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

const serveText = (text: string): Promise<string> => serve((_, response) => response.end(text))

const text = 'process_resident_memory_bytes 5e7\nprocess_cpu_seconds_total 1.5\nqueue{name="a"} 2\nqueue{name="b"} 3\n'

test('reads memory, CPU and further series of an application', async () => {
  const url = await serveText(text)
  const probe = new PrometheusProbe({ prometheus: url, series: { queue: 'max(queue)' } })
  expect(await probe.sample()).toMatchObject({ memory: 5e7, cpuTime: 1_500, processes: 1, series: { queue: 3 } })
})

test('takes other series for memory and CPU', async () => {
  const url = await serveText(
    'jvm_memory_used_bytes{area="heap"} 100\njvm_memory_used_bytes{area="nonheap"} 20\ncpu_ms 40\n',
  )
  const probe = new PrometheusProbe({ prometheus: url, memory: 'jvm_memory_used_bytes', cpu: 'cpu_ms / 1000' })
  expect(await probe.sample()).toMatchObject({ memory: 120, cpuTime: 40, processes: 1 })
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
    counter: 'process_cpu_seconds_total',
    processes: 1,
    missing: {
      memory: `Failed to measure ${url}: there is no process_resident_memory_bytes. ${advice}`,
      'series.queue': `Failed to measure ${url}: there is no queue. ${advice}`,
      'series.size': `Failed to measure ${url}: size is NaN. ${advice}`,
    },
  })
})

/** Readings of one probe, of an endpoint that serves one text after the other. */
async function readings(...texts: string[]) {
  const url = await serve((_, response) => response.end(`${texts.shift()}\n`))
  const probe = new PrometheusProbe({ prometheus: url })
  const seen = []
  while (texts.length > 0) seen.push(await probe.sample())
  return seen
}

const of = (seconds: number, began?: number, memory = 1) =>
  `process_resident_memory_bytes ${memory}\nprocess_cpu_seconds_total ${seconds}\n` +
  (began === undefined ? '' : `process_start_time_seconds ${began}`)

test('an application that was started again shows in a counter that falls, and no more CPU is counted than certain', async () => {
  const seen = await readings(of(3), of(5), of(1), of(2))
  expect(seen.map(({ cpuTime }) => cpuTime)).toEqual([3_000, 5_000, 5_000, 6_000])
  expect(seen.map(({ restarted }) => restarted)).toEqual([
    undefined,
    undefined,
    'process_cpu_seconds_total fell from 5 to 1',
    undefined,
  ])
})

test('and in the time of its start, with any counter; a clock that is set by a second is no restart', async () => {
  const seen = await readings(of(1, 100), of(2, 101), of(3, 100), of(4, 160), of(5, 160))
  expect(seen.map(({ restarted }) => restarted)).toEqual([
    ...[undefined, undefined, undefined],
    'process_start_time_seconds changed by 60',
    undefined,
  ])
  expect(seen.at(-1)!.cpuTime).toBe(5_000)
})

test('and without such a time in connections that were refused for a time', async () => {
  const url = await serve((_, response) => response.end(of(1)))
  const { port } = server!.address() as AddressInfo
  const probe = new PrometheusProbe({ prometheus: url })
  await probe.sample()
  server!.close()
  await once(server!, 'close')
  await expect(probe.sample()).rejects.toThrow('ECONNREFUSED')
  server = createServer((_, response) => response.end(of(2))).listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect((await probe.sample()).restarted).toBe('it refused a connection for a time')
  expect((await probe.sample()).restarted).toBeUndefined()
})

test.each([
  ['memory that is 0', of(1, 100, 0), { memory: 'process_resident_memory_bytes is 0' }],
  ['memory below 0', of(1, 100, -5), { memory: 'process_resident_memory_bytes is -5' }],
  ['memory that is no number', of(1, 100, Number.NaN), { memory: 'process_resident_memory_bytes is NaN' }],
  ['CPU below 0', of(-1, 100), { cpu: 'process_cpu_seconds_total is -1' }],
  ['CPU that is no number', of(Number.NaN, 100), { cpu: 'process_cpu_seconds_total is NaN' }],
  [
    'several processes that respond in turn',
    of(1, 60),
    { memory: 'several processes respond in turn', cpu: 'several processes respond in turn' },
  ],
])('%s is wrong, with its name', async (_, text, found) => {
  const [, { wrong = {} } = {}] = await readings(of(1, 100), text)
  expect(Object.keys(wrong)).toEqual(Object.keys(found))
  for (const [name, why] of Object.entries(found)) expect(wrong[name]).toContain(`/metrics: ${why}`)
})
