import { expect, test } from 'vitest'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { joinMetrics, type MetricsOptions, readMetrics } from '../../../src/load/metrics/options.ts'

const faultsOf = (input: unknown, isDocument = false) =>
  readMetrics(input, { isDocument }).faults.map(fault => `${fault.path}: ${sentenceOf(fault)}`)

test('metrics are read whole, with what is not given filled in', () => {
  expect(readMetrics(undefined)).toEqual({ faults: [] })
  expect(readMetrics({ port: 0 }).plan).toEqual({ port: 0, every: 10_000, labels: {}, prefix: 'arazzo_load_' })
  const all: MetricsOptions = {
    port: 9464,
    pushgateway: 'http://127.0.0.1:9091',
    otlp: 'https://otel.example.com/x',
    every: '2s',
    headers: { authorization: { env: 'TOKEN' } },
    labels: { branch: 'main' },
    prefix: 'load_',
  }
  expect(readMetrics(all)).toEqual({ plan: { ...all, every: 2_000 }, faults: [] })
})

test('all that is wrong is said at once, with what was probably meant', () => {
  expect(
    faultsOf({
      prot: 1,
      port: 70_000,
      pushgateway: 'tcp://user:secret@host',
      otlp: 5,
      every: 0,
      headers: { a: 1 },
      labels: { 'no good': 'x', status: 'y', branch: 1 },
      prefix: '9-',
    }).join('\n'),
  ).toMatchInlineSnapshot(`
    "/prot: Failed to read metrics.prot: there is no such key. Did you mean "port"?
    /port: Failed to read metrics.port: 70000 is not a valid port. Use 0 to 65535.
    /pushgateway: Failed to read metrics.pushgateway: it is not an http or https URL. Write 'http://127.0.0.1:9091'.
    /otlp: Failed to read metrics.otlp: 5 is not a URL. Write 'http://127.0.0.1:4318'.
    /headers: Failed to read metrics.headers: one of them is not text. Write an object of names and values: { authorization: { env: 'OTLP_TOKEN' } }.
    /every: Failed to read metrics.every: 0 is too often. Write '1s' or more.
    /labels: Failed to read metrics.labels: "no good" is not a valid name of a label. Use letters, digits and underscores.
    /labels: Failed to read metrics.labels: series have a label "status" of their own. Choose another name.
    /labels: Failed to read metrics.labels: "branch" is 1. Write text.
    /prefix: Failed to read metrics.prefix: "9-" cannot begin a name of Prometheus. Write 'load_'."
  `)
  expect(faultsOf(9464)).toEqual([': Failed to read metrics: 9464 is not an object. Write { port: 9464 }.'])
  expect(faultsOf({ headers: { a: 'b' } })[0]).toContain('there is no otlp')
})

test('a document has a page and labels, but does not say where figures are sent', () => {
  expect(faultsOf({ port: 0, labels: { team: 'pets' } }, true)).toEqual([])
  expect(faultsOf({ otlp: 'http://h', pushgateway: 'http://h', headers: { a: { env: 'SECRET' } } }, true)).toEqual([
    expect.stringMatching(/^\/pushgateway: .* a document does not say where metrics are sent. Move it to the plugin's/),
    expect.stringMatching(/^\/otlp: /),
    expect.stringMatching(/^\/headers: /),
  ])
})

test("a load test's own options are on top of the plugin's; headers stay with their collector", () => {
  const ofAll = { otlp: 'http://a', headers: { key: 'secret' }, labels: { branch: 'main' } }
  expect(joinMetrics(ofAll, { port: 0, labels: { team: 'pets' } })).toEqual({
    otlp: 'http://a',
    headers: { key: 'secret' },
    port: 0,
    labels: { branch: 'main', team: 'pets' },
  })
  expect(joinMetrics(ofAll, { otlp: 'http://b' })).toEqual({ otlp: 'http://b', labels: { branch: 'main' } })
  expect(joinMetrics(undefined, { port: 1 })).toEqual({ port: 1 })
  expect(joinMetrics({ port: 1 }, undefined)).toEqual({ port: 1 })
})
