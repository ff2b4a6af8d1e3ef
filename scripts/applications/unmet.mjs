import { existsSync } from 'node:fs'
import { run } from '../run.mjs'
import { config, document, loadTest, openapi, responses } from './projects.mjs'

/** @typedef {import('./projects.mjs').Project} Project */

/*
 * Applications that were not made for this package: each with its suite and load, and three runs that have to fail,
 * since one request in 40 gets no response, a reset connection or a page in the place of its data.
 */

const WAYS = ['suite and load', 'hang', 'reset', 'wrong data']

/** @param {string} summary @param {Record<string, object>} [more] */
const operation = (summary, more = {}) => ({ operationId: summary, responses, ...more })
const form = { requestBody: { content: { 'application/x-www-form-urlencoded': { schema: {} } } } }
const json = { requestBody: { content: { 'application/json': { schema: {} } } } }
/** @param {string} name @param {'query' | 'path'} where */
const parameter = (name, where) => ({ name, in: where, required: true, schema: { type: 'string' } })

/** @param {...[program: string, debian: string]} programs */
const needs =
  (...programs) =>
  async () => {
    const missing = []
    for (const [program, debian] of programs)
      if ((await run('sh', ['-c', `command -v ${program}`])).code !== 0) missing.push(debian)
    return missing.length === 0 ? undefined : `apt-get install ${missing.join(' ')} brings what it needs`
  }

/**
 * @param {string} name
 * @param {object} parts
 * @param {string} parts.server the option `server`, as JavaScript
 * @param {Record<string, object>} parts.paths of its OpenAPI description
 * @param {string} parts.steps of the workflow, as YAML
 * @param {number} parts.count of the steps
 * @param {string} parts.memory
 * @param {Record<string, string>} [parts.files]
 * @param {readonly string[]} [parts.packages]
 * @param {Project['prepare']} [parts.prepare]
 * @param {string} [parts.more] options of the plugin
 * @param {boolean} [parts.spoilsItself] it reads what is to go wrong from the variable SPOIL
 * @returns {Project}
 */
const project = (
  name,
  { server, paths, steps, count, memory, files = {}, packages = [], prepare, more, spoilsItself },
) => ({
  name,
  packages,
  prepare,
  spoilsItself,
  ways: WAYS,
  tests: count + 5,
  files: {
    'package.json': JSON.stringify({ name: 'unmet', private: true, type: 'module' }),
    'vitest.config.js': config(server, more),
    'openapi.json': openapi(paths),
    'flow.arazzo.yaml': document(steps),
    'load.test.js': loadTest('./flow.arazzo.yaml', memory, '{ vus: 4, iterations: 60 }'),
    ...files,
  },
})

/** @param {string} command @param {string} path that answers once the application is up */
const server = (command, path) => `{ command: '${command}', url: 'http://127.0.0.1:{port}${path}' }`

const prometheus = project('Prometheus', {
  server: server(
    'prometheus --config.file=prometheus.yml --web.listen-address=127.0.0.1:{port} --storage.tsdb.path={dir}/data',
    '/-/ready',
  ),
  prepare: needs(['prometheus', 'prometheus']),
  files: { 'prometheus.yml': 'global: { scrape_interval: 5s }\n' },
  paths: {
    '/api/v1/query': { get: operation('query', { parameters: [parameter('query', 'query')] }) },
    '/api/v1/status/buildinfo': { get: operation('build') },
  },
  steps: `      - stepId: query
        operationId: query
        parameters: [{ name: query, in: query, value: vector(41 + 1) }]
        successCriteria: [{ condition: $response.body#/data/result/0/value/1 == '42' }]
      - stepId: build
        operationId: build
        successCriteria: [{ condition: $response.body#/status == 'success' }]
`,
  count: 2,
  memory: '600MB',
})

const django = project('Django with gunicorn, workers recycled', {
  server: server('/usr/bin/python3 -m gunicorn -w 2 --max-requests 60 -b 127.0.0.1:{port} app:application', '/health/'),
  prepare: needs(['gunicorn', 'gunicorn python3-django']),
  files: {
    'app.py': `from django.conf import settings
from django.http import JsonResponse
from django.urls import path
import django, json

settings.configure(ALLOWED_HOSTS=['*'], ROOT_URLCONF=__name__, SECRET_KEY='only-for-tests')
django.setup()

def create(request):
    return JsonResponse({'id': json.loads(request.body)['number'] * 2}, status=201)

urlpatterns = [
    path('health/', lambda request: JsonResponse({})),
    path('items/', create),
    path('items/<int:id>/', lambda request, id: JsonResponse({'id': id})),
]

from django.core.handlers.wsgi import WSGIHandler
application = WSGIHandler()
`,
  },
  paths: {
    '/items/': { post: operation('create', json) },
    '/items/{id}/': { get: operation('read', { parameters: [parameter('id', 'path')] }) },
  },
  steps: `      - stepId: create
        operationId: create
        requestBody: { payload: { number: 21 } }
        successCriteria: [{ condition: $statusCode == 201 }]
        outputs: { id: $response.body#/id }
      - stepId: read
        operationId: read
        parameters: [{ name: id, in: path, value: $steps.create.outputs.id }]
        successCriteria: [{ condition: $response.body#/id == 42 }]
`,
  count: 2,
  memory: '400MB',
})

const oidc = project('oidc-provider', {
  server: server('node server.js', '/.well-known/openid-configuration'),
  packages: ['oidc-provider@9'],
  files: {
    'server.js': `import Provider from 'oidc-provider'

const port = Number(process.env.PORT)
const provider = new Provider('http://127.0.0.1:' + port, {
  clients: [{
    client_id: 'app', client_secret: 'only-for-tests', grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [], token_endpoint_auth_method: 'client_secret_post',
  }],
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true } },
})
provider.listen(port, '127.0.0.1')
`,
  },
  paths: {
    '/token': { post: operation('token', form) },
    '/token/introspection': { post: operation('introspect', form) },
  },
  steps: `      - stepId: token
        operationId: token
        requestBody:
          contentType: application/x-www-form-urlencoded
          payload: { grant_type: client_credentials, client_id: app, client_secret: only-for-tests }
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { token: $response.body#/access_token }
      - stepId: introspect
        operationId: introspect
        requestBody:
          contentType: application/x-www-form-urlencoded
          payload: { token: $steps.token.outputs.token, client_id: app, client_secret: only-for-tests }
        successCriteria: [{ condition: $response.body#/active == true }]
`,
  count: 2,
  memory: '500MB',
})

const hono = project('Hono', {
  server: server('node server.js', '/health'),
  packages: ['hono@4', '@hono/node-server@1'],
  files: {
    'server.js': `import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.get('/health', c => c.text('ok'))
app.get('/greet/:name', c => c.json({ text: 'Hello, ' + c.req.param('name') }))
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
`,
  },
  paths: { '/greet/{name}': { get: operation('greet', { parameters: [parameter('name', 'path')] }) } },
  steps: `      - stepId: greet
        operationId: greet
        parameters: [{ name: name, in: path, value: Ada }]
        successCriteria: [{ condition: "$response.body#/text == 'Hello, Ada'" }]
`,
  count: 1,
  memory: '400MB',
})

const sinatra = project('Sinatra on puma, two preloaded workers', {
  server: server('puma --preload -w 2 -b tcp://127.0.0.1:{port} config.ru', '/health'),
  prepare: needs(['puma', 'ruby-sinatra puma']),
  files: {
    'config.ru': `require 'sinatra/base'
require 'json'

class App < Sinatra::Base
  set :host_authorization, permitted_hosts: []
  get('/health') { 'ok' }
  get('/square/:n') { content_type :json; { n: params[:n].to_i ** 2 }.to_json }
end
run App
`,
  },
  paths: { '/square/{n}': { get: operation('square', { parameters: [parameter('n', 'path')] }) } },
  steps: `      - stepId: square
        operationId: square
        parameters: [{ name: n, in: path, value: 12 }]
        successCriteria: [{ condition: $response.body#/n == 144 }]
`,
  count: 1,
  memory: '300MB',
})

const etcd = project('etcd', {
  server: server(
    'etcd --data-dir {dir}/etcd --listen-client-urls http://127.0.0.1:{port} --advertise-client-urls http://127.0.0.1:{port} --listen-peer-urls http://127.0.0.1:0',
    '/health',
  ),
  prepare: needs(['etcd', 'etcd-server']),
  paths: { '/v3/kv/put': { post: operation('put', json) }, '/v3/kv/range': { post: operation('range', json) } },
  steps: `      - stepId: put
        operationId: put
        requestBody: { payload: { key: Zm9v, value: YmFy } }
        successCriteria: [{ condition: $statusCode == 200 }]
      - stepId: range
        operationId: range
        requestBody: { payload: { key: Zm9v } }
        successCriteria: [{ condition: $response.body#/kvs/0/value == 'YmFy' }]
`,
  count: 2,
  memory: '400MB',
})

const parse = project('Parse Server with PostgreSQL', {
  server: `{ command: 'node server.js', url: 'http://127.0.0.1:{port}/parse/health', timeout: '90s' }`,
  packages: ['parse-server@9', 'express@5'],
  prepare: async () =>
    existsSync('/usr/lib/postgresql') ? undefined : 'apt-get install postgresql brings what it needs',
  files: {
    'server.js': `import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { ParseServer } from 'parse-server'

const [version] = readdirSync('/usr/lib/postgresql').sort().reverse()
const bin = name => join('/usr/lib/postgresql', version, 'bin', name)
const data = mkdtempSync(join(tmpdir(), 'parse-'))
const isRoot = process.getuid() === 0
const as = (name, ...args) => (isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', bin(name), ...args] : [bin(name), ...args])
if (isRoot) execFileSync('chown', ['postgres', data])
const [init, ...initArgs] = as('initdb', '-D', data + '/db', '-U', 'postgres', '-A', 'trust')
execFileSync(init, initArgs, { stdio: 'ignore', cwd: '/' })
const port = await new Promise(resolve => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const [db, ...dbArgs] = as('postgres', '-D', data + '/db', '-k', data, '-p', String(port), '-h', '127.0.0.1')
const postgres = spawn(db, dbArgs, { stdio: 'ignore', cwd: '/' })
process.once('SIGTERM', () => postgres.kill('SIGINT'))
postgres.once('exit', () => {
  rmSync(data, { recursive: true, force: true })
  process.exit()
})
for (;;) {
  try {
    execFileSync(bin('pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
    break
  } catch {
    await new Promise(go => setTimeout(go, 100))
  }
}
const own = Number(process.env.PORT)
const parse = new ParseServer({
  databaseURI: 'postgres://postgres@127.0.0.1:' + port + '/postgres',
  appId: 'app', masterKey: 'only-for-tests', serverURL: 'http://127.0.0.1:' + own + '/parse',
  allowClientClassCreation: true,
})
await parse.start()
express().use('/parse', parse.app).listen(own, '127.0.0.1')
`,
  },
  paths: {
    '/parse/classes/Score': {
      post: operation('save', {
        ...json,
        parameters: [{ ...parameter('X-Parse-Application-Id', 'query'), in: 'header' }],
      }),
    },
    '/parse/classes/Score/{id}': {
      get: operation('read', {
        parameters: [parameter('id', 'path'), { ...parameter('X-Parse-Application-Id', 'query'), in: 'header' }],
      }),
    },
  },
  steps: `      - stepId: save
        operationId: save
        parameters: [{ name: X-Parse-Application-Id, in: header, value: app }]
        requestBody: { payload: { score: 1337 } }
        successCriteria: [{ condition: $statusCode == 201 }]
        outputs: { id: $response.body#/objectId }
      - stepId: read
        operationId: read
        parameters:
          - { name: id, in: path, value: $steps.save.outputs.id }
          - { name: X-Parse-Application-Id, in: header, value: app }
        successCriteria: [{ condition: $response.body#/score == 1337 }]
`,
  count: 2,
  memory: '1GB',
})

const php = project('PHP', {
  server: `{ command: 'php -S 127.0.0.1:{port} index.php', url: 'http://127.0.0.1:{port}/health', env: { PHP_CLI_SERVER_WORKERS: '2' } }`,
  prepare: needs(['php', 'php-cli']),
  files: {
    'index.php': `<?php
header('Content-Type: application/json');
echo json_encode(['upper' => strtoupper($_GET['text'] ?? '')]);
`,
  },
  paths: { '/upper': { get: operation('upper', { parameters: [parameter('text', 'query')] }) } },
  steps: `      - stepId: upper
        operationId: upper
        parameters: [{ name: text, in: query, value: ada }]
        successCriteria: [{ condition: $response.body#/upper == 'ADA' }]
`,
  count: 1,
  memory: '300MB',
})

const nodeRed = project('Node-RED', {
  server: server('npx node-red -p {port} -u {dir} -D uiHost=127.0.0.1 flows.json', '/hello?name=x'),
  packages: ['node-red@4'],
  files: {
    'flows.json': JSON.stringify([
      { id: 'tab', type: 'tab', label: 'flow' },
      { id: 'in', type: 'http in', z: 'tab', url: '/hello', method: 'get', wires: [['make']] },
      {
        id: 'make',
        type: 'function',
        z: 'tab',
        func: "msg.payload = { text: 'Hello, ' + msg.req.query.name }\nreturn msg",
        outputs: 1,
        wires: [['out']],
      },
      { id: 'out', type: 'http response', z: 'tab', statusCode: '200', headers: {}, wires: [] },
    ]),
  },
  paths: { '/hello': { get: operation('hello', { parameters: [parameter('name', 'query')] }) } },
  steps: `      - stepId: hello
        operationId: hello
        parameters: [{ name: name, in: query, value: Ada }]
        successCriteria: [{ condition: "$response.body#/text == 'Hello, Ada'" }]
`,
  count: 1,
  memory: '600MB',
})

const yoga = project('graphql-yoga behind nginx with TLS and HTTP/2', {
  server: "{ command: 'node start.js', url: 'https://127.0.0.1:{port}/graphql?query=%7B__typename%7D' }",
  more: ", ca: './cert.pem', protocol: 'h2'",
  packages: ['graphql-yoga@5', 'graphql@16'],
  spoilsItself: true,
  prepare: async folder => {
    const missing = await needs(['/usr/sbin/nginx', 'nginx-light'], ['openssl', 'openssl'])()
    const made = await run(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'],
      ],
      { cwd: folder },
    )
    return missing ?? (made.code === 0 ? undefined : made.output)
  },
  files: {
    'yoga.js': `import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'

const typeDefs = 'type Query { add(a: Int!, b: Int!): Int! }'
const schema = createSchema({ typeDefs, resolvers: { Query: { add: (_, { a, b }) => a + b } } })
createServer(createYoga({ schema, logging: false })).listen(Number(process.env.PORT), '127.0.0.1')
`,
    'start.js': `import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const inner = await new Promise(resolve => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const { SPOIL, SPOIL_SCRIPT, PORT } = process.env
const words = SPOIL ? [SPOIL_SCRIPT, SPOIL, String(inner), 'node yoga.js'] : ['yoga.js']
const yoga = spawn('node', words, { stdio: 'inherit', env: { ...process.env, PORT: String(inner) } })
const folder = mkdtempSync(join(tmpdir(), 'yoga-'))
writeFileSync(join(folder, 'nginx.conf'), \`
daemon off; pid \${folder}/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path \${folder}; proxy_temp_path \${folder}; fastcgi_temp_path \${folder};
  uwsgi_temp_path \${folder}; scgi_temp_path \${folder};
  upstream yoga { server 127.0.0.1:\${inner}; keepalive 16; }
  server {
    listen 127.0.0.1:\${PORT} ssl; http2 on; ssl_certificate \${process.cwd()}/cert.pem;
    ssl_certificate_key \${process.cwd()}/key.pem; keepalive_requests 100000;
    location / { proxy_pass http://yoga; proxy_http_version 1.1; proxy_set_header Connection ''; }
  }
}\`)
const nginx = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'inherit' })
process.once('SIGTERM', () => {
  nginx.kill()
  yoga.kill()
})
`,
  },
  paths: { '/graphql': { post: operation('add', json) } },
  steps: `      - stepId: add
        operationId: add
        requestBody: { payload: { query: 'query($a: Int!, $b: Int!) { add(a: $a, b: $b) }', variables: { a: 19, b: 23 } } }
        successCriteria: [{ condition: $response.body#/data/add == 42 }]
`,
  count: 1,
  memory: '500MB',
})

/** @type {readonly Project[]} */
export const unmet = [yoga, prometheus, django, oidc, hono, sinatra, etcd, parse, php, nodeRed]
