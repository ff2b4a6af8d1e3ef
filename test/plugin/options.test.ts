import { expect, test } from 'vitest'
import { checkOptions } from '../../plugin/options.ts'

function messageFor(options: unknown): string {
  try {
    checkOptions(options)
  } catch (error) {
    return (error as Error).message
  }
  return 'taken'
}

test('everything that is documented is taken', () => {
  expect(
    messageFor({
      server: { command: 'node server.js', url: 'http://127.0.0.1:{port}' },
      servers: { shop: 'http://127.0.0.1:3000' },
      inputs: { username: 'demo', password: { env: 'DEMO_PASSWORD' } },
      sources: { shop: './openapi.yaml' },
      severities: { 'newer-field': 'off' },
      checks: 'warn',
      followRedirects: true,
      traceparent: true,
      security: { shop: { apiKey: { env: 'SHOP_KEY' }, login: { username: 'demo', password: 'x' } } },
      project: 'api',
      allowHosts: ['staging.example.com'],
      onInconclusive: 'warn',
      reports: { folder: 'reports', keep: 5, metrics: 9464 },
      target: { prometheus: 'http://127.0.0.1:{port}/metrics' },
      targets: { db: { pid: 4711 } },
    }),
  ).toBe('taken')
  expect(messageFor({})).toBe('taken')
  expect(messageFor({ server: undefined })).toBe('taken')
})

test('what is not taken is named, all of it at once', () => {
  const refused = [
    { sever: {} },
    { colour: 'red' },
    'http://127.0.0.1',
    { server: 'node server.js' },
    { servers: { shop: 3000 } },
    { inputs: [] },
    { setup: () => undefined },
    { setup: { runs: 'a' }, teardown: '#b' },
    { checks: 'on' },
    { followRedirects: 3 },
    { cause: 'yes', maxCauseDuration: '30x' },
    { causes: true },
    { security: { shop: 'key' } },
    { project: 1 },
    { allowHosts: 'staging.example.com' },
    { onInconclusive: 'ignore' },
    { inptus: {} },
    { target: { pdi: 1 }, targets: { db: 4711 } },
  ]
  expect(refused.map(messageFor).join('\n')).toMatchInlineSnapshot(`
    "Failed to read option sever: there is no such key. Did you mean "server"?
    Failed to read option colour: there is no such key. Known keys are server, compare, cause, maxCauseDuration, servers, inputs, setup, teardown, sources, severities, checks, followRedirects, traceparent, protocol, channels, requestTimeout, ca, security, project, allowHosts, agents, target, targets, transport, affected, onInconclusive, reports.
    Failed to read the options of arazzo(): they are "http://127.0.0.1". Write an object.
    Failed to read option server: it is "node server.js". Write an object: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }.
    Failed to read option servers.shop: it is 3000. Write a URL, or an object with one for each source: { shop: 'http://127.0.0.1:3000' }.
    Failed to read option inputs: it is a list. Write an object: { username: 'demo', password: { env: 'DEMO_PASSWORD' } }.
    Failed to read option setup: a function is not an object. Functions cannot be given to the workers that run tests: write the path of a module, './reset.ts'.
    Failed to read option setup.runs: there is no such key. Did you mean "run"?
    Failed to read option teardown: #b is of no document. Write a workflow (#login, ./shop.arazzo.yaml#login), a module (./reset.ts).
    Failed to read option checks: "on" is not one of its values. It is "off" or "warn" or "error" or "all".
    Failed to read option followRedirects: it is 3. Write true or false.
    Failed to read option cause: it is "yes". Write 'auto', true, false, or a profiler: { command: 'py-spy record ... -o {file}' } or { url }.
    Failed to read option maxCauseDuration: it is "30x". Write milliseconds or text with a unit: '30s'.
    Failed to read option causes: there is no such key. Did you mean "cause"?
    Failed to read option security.shop: text is not an object. Write an object by source and scheme: { shop: { apiKey: { env: 'SHOP_KEY' } } }.
    Failed to read option project: it is 1. Write the name of one of Vitest's projects, or a list of names.
    Failed to read option allowHosts: it is "staging.example.com". Write a list of host names: ['staging.example.com'].
    Failed to read option onInconclusive: it is "ignore". Write 'fail', 'warn' or 'skip'.
    Failed to read option inptus: there is no such key. Did you mean "inputs"?
    Failed to read option target.pdi: there is no such key. Did you mean "pid"?
    Failed to read option targets.db: 4711 is not an object. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }."
  `)
})
