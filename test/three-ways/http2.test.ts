import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { type Nginx, startNginx, withoutNginx } from '../builders/nginx.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

/*
 * One document against nginx, functionally and as load, over HTTP/1.1 and HTTP/2, with and without TLS: the same states,
 * reasons and outputs, and books that balance.
 */

const pem = (name: string) => readFileSync(new URL(`../http/tls/${name}.pem`, import.meta.url), 'utf8')
const security = { api: { client: { cert: pem('cert'), key: pem('key'), ca: pem('cert') } } }

const json = (status: number, value: unknown) =>
  `default_type application/json; return ${status} '${JSON.stringify(value)}';`
const LOCATIONS = `
  location = /pets { ${json(200, [{ id: 7, name: 'Rex' }])} }
  location = /pets/7 { add_header x-version $server_protocol; ${json(200, { id: 7, name: 'Rex' })} }
  location = /moved { return 302 /pets/7; }
  location = /sold { ${json(409, { message: 'sold' })} }`
/** Connections are ended in order after 30 requests, and carry few at once. */
const FEW = 'keepalive_requests 30; http2_max_concurrent_streams 4;'

const secured = { security: [{ client: [] }] }
const files = {
  'api.json': JSON.stringify({
    ...JSON.parse(
      openapi({
        list: ['get', '/pets', secured],
        get: ['get', '/pets/{id}', secured],
        moved: ['get', '/moved', secured],
        sold: ['post', '/sold', secured],
      }),
    ),
    components: { securitySchemes: { client: { type: 'mutualTLS' } } },
  }),
  'plain.json': openapi({
    list: ['get', '/pets'],
    get: ['get', '/pets/{id}'],
    moved: ['get', '/moved'],
    sold: ['post', '/sold'],
  }),
}

const workflows = `
  - workflowId: main
    steps:
      - { stepId: list, operationId: list, successCriteria: [{ condition: $statusCode == 200 }], outputs: { id: $response.body#/0/id } }
      - stepId: get
        operationId: get
        parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
        successCriteria: [{ condition: $statusCode == 200 }, { condition: $response.body#/name == 'Rex' }]
        outputs: { version: $response.header.x-version }
      - { stepId: moved, operationId: moved, successCriteria: [{ condition: $response.body#/id == 7 }] }
      - { stepId: sold, operationId: sold, requestBody: { contentType: application/json, payload: { id: 7 } }, successCriteria: [{ condition: $statusCode == 409 }] }
    outputs: { version: $steps.get.outputs.version }
  - workflowId: missed
    steps:
      - { stepId: sold, operationId: sold, successCriteria: [{ condition: $statusCode == 200 }] }`

const documentOf = (secure: boolean) => {
  const folder = project({
    ...files,
    'flow.arazzo.yaml': arazzo(workflows).replace('api.json', secure ? 'api.json' : 'plain.json'),
  })
  return `${folder}/flow.arazzo.yaml`
}

describe.skipIf(withoutNginx)(`nginx${withoutNginx ? `: ${withoutNginx}` : ''}`, () => {
  let nginx: Nginx
  beforeAll(async () => {
    nginx = await startNginx({
      modern: { tls: true, conf: `http2 on; ${FEW} ${LOCATIONS}` },
      old: { tls: true, conf: LOCATIONS },
      plain: { tls: false, conf: `http2 on; ${FEW} ${LOCATIONS}` },
    })
  })
  afterAll(() => nginx?.[Symbol.asyncDispose]())

  test.each([
    { server: 'modern', protocol: 'h1', name: 'wire', spoken: 'h1', version: 'HTTP/1.1' },
    { server: 'modern', protocol: 'h2', name: 'http2', spoken: 'h2', version: 'HTTP/2.0' },
    { server: 'modern', protocol: 'auto', name: 'http2', spoken: 'h2', version: 'HTTP/2.0' },
    { server: 'old', protocol: 'auto', name: 'wire', spoken: 'h1', version: 'HTTP/1.1' },
    { server: 'plain', protocol: 'h2', name: 'http2', spoken: 'h2', version: 'HTTP/2.0' },
    { server: 'plain', protocol: 'auto', name: 'wire', spoken: 'h1', version: 'HTTP/1.1' },
  ] as const)(
    '$protocol to $server speaks $version in every way',
    async ({ server, protocol, name, spoken, version }) => {
      const secure = server !== 'plain'
      const document = documentOf(secure)
      const options = { servers: nginx.origins[server]!, protocol, followRedirects: true, ...(secure && { security }) }
      const passed = await runWorkflow(`${document}#main`, options)
      expect(passed).toMatchObject({ state: 'passed', outputs: { version } })
      expect(passed.protocol).toBe(protocol === 'h1' ? undefined : spoken)
      const missed = await runWorkflow(`${document}#missed`, options)
      expect(missed).toMatchObject({ state: 'failed', because: expect.stringContaining('$statusCode == 200') })

      const load = { vus: 12, iterations: 5, threads: 2 } as const
      const report = await runLoad({ workflow: `${document}#main`, ...options, load })
      expect(report.errors).toEqual([])
      expect(report.state).toBe('completed')
      // A request that a connection ended under is sent again: none is lost, and none is a failure.
      expect(report.arrivals).toEqual({ due: 60, started: 60, dropped: 0, passed: 60, failed: 0, aborted: 0 })
      expect(report.transport).toMatchObject({ name, protocol: spoken })
      if (spoken === 'h2') {
        const { streams, connectionsOpened, connectionsLost, connectionsReopened } = report.transport
        // Each iteration sends five requests, one of them since it follows a redirect.
        expect(streams!.count).toBe(300 + (report.transport.requestsRefused ?? 0))
        expect(report.transport.requestsResent).toBeUndefined()
        expect(streams!.most).toBeGreaterThan(1)
        expect(streams!.most).toBeLessThanOrEqual(4)
        expect(streams!.mean).toBeLessThanOrEqual(streams!.most)
        // nginx announces with GOAWAY that it ends a connection.
        expect(connectionsLost).toBe(0)
        expect(connectionsReopened).toBeGreaterThan(2)
        expect(connectionsOpened).toBeGreaterThan(connectionsReopened)
      } else expect(report.transport.streams).toBeUndefined()
      if (server !== 'modern') return
      const failing = await runLoad({ workflow: `${document}#missed`, ...options, load: { vus: 2, iterations: 2 } })
      expect(failing.arrivals).toMatchObject({ started: 4, passed: 0, failed: 4 })
      expect(failing.errors).toMatchObject([{ count: 4, step: 'sold' }])
    },
  )

  test('h2 where the server does not speak it is the same clear error in every way', async () => {
    const document = documentOf(true)
    const options = { servers: nginx.origins.old!, protocol: 'h2', security } as const
    const words =
      /Failed to speak HTTP\/2 to https:\/\/127\.0\.0\.1:\d+: .+ Turn HTTP\/2 on there, or write protocol: 'auto'/
    expect((await runWorkflow(`${document}#main`, options)).because).toMatch(words)
    const report = await runLoad({ workflow: `${document}#main`, ...options, load: { vus: 1, iterations: 1 } })
    expect(report.state).toBe('not run')
    expect(report.cause).toMatch(words)
  })
})
