import { existsSync, readFileSync } from 'node:fs'
import { run } from '../../run.mjs'
import { nativeParts } from '../projects.mjs'
import { form, json, needs, operation, parameter, project, server } from './project.mjs'

/** @typedef {import('../projects.mjs').Project} Project */

const port = { 'free-port.mjs': readFileSync(new URL('../free-port.mjs', import.meta.url), 'utf8') }

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
    ...port,
    'yoga.js': `import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'

const typeDefs = 'type Query { add(a: Int!, b: Int!): Int! }'
const schema = createSchema({ typeDefs, resolvers: { Query: { add: (_, { a, b }) => a + b } } })
createServer(createYoga({ schema, logging: false })).listen(Number(process.env.PORT), '127.0.0.1')
`,
    'start.js': `import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.mjs'

const inner = await freePort()
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

const parse = project('Parse Server with PostgreSQL', {
  server: `{ command: 'node server.js', url: 'http://127.0.0.1:{port}/parse/health', timeout: '90s' }`,
  packages: ['parse-server@9', 'express@5'],
  prepare: async () =>
    existsSync('/usr/lib/postgresql') ? undefined : 'apt-get install postgresql brings what it needs',
  files: {
    ...port,
    'server.js': `import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { ParseServer } from 'parse-server'
import { freePort } from './free-port.mjs'

const [version] = readdirSync('/usr/lib/postgresql').sort().reverse()
const bin = name => join('/usr/lib/postgresql', version, 'bin', name)
const data = mkdtempSync(join(tmpdir(), 'parse-'))
const isRoot = process.getuid() === 0
const as = (name, ...args) => (isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', bin(name), ...args] : [bin(name), ...args])
if (isRoot) execFileSync('chown', ['postgres', data])
const [init, ...initArgs] = as('initdb', '-D', data + '/db', '-U', 'postgres', '-A', 'trust')
execFileSync(init, initArgs, { stdio: 'ignore', cwd: '/' })
const port = await freePort()
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

/** A file of Strapi's configuration. @param {object} options */
const options = options => `module.exports = ${JSON.stringify(options)}\n`
const secret = 'only-for-tests'

const strapi = project('Strapi with SQLite', {
  server: server(
    'DATABASE={dir}/data.db PORT={port} STRAPI_TELEMETRY_DISABLED=1 STRAPI_DISABLE_UPDATE_NOTIFICATION=1 node cms/server.js',
    '/_health',
  ),
  // The registry has not had all packages of the next version. Its admin panel is neither built nor served.
  packages: ['@strapi/strapi@5.54.0', 'better-sqlite3@12'],
  env: nativeParts,
  files: {
    'cms/package.json': JSON.stringify({ name: 'cms', private: true, version: '1.0.0', type: 'commonjs' }),
    'cms/server.js': `const { createStrapi } = require('@strapi/strapi')

createStrapi({ appDir: __dirname, distDir: __dirname }).start()
`,
    'cms/config/database.js': `module.exports = {
  connection: { client: 'sqlite', connection: { filename: process.env.DATABASE }, useNullAsDefault: true },
}
`,
    'cms/config/server.js': `module.exports = { host: '127.0.0.1', port: Number(process.env.PORT), app: { keys: ['${secret}'] } }
`,
    'cms/config/admin.js': options({
      serveAdminPanel: false,
      auth: { secret },
      apiToken: { salt: secret },
      transfer: { token: { salt: secret } },
    }),
    'cms/config/middlewares.js': options(
      ['errors', 'security', 'cors', 'poweredBy', 'query', 'body', 'session', 'favicon', 'public'].map(
        name => `strapi::${name}`,
      ),
    ),
    'cms/public/uploads/.gitkeep': '',
    'cms/src/index.js': options({}),
    'cms/src/api/note/content-types/note/schema.json': JSON.stringify({
      kind: 'collectionType',
      collectionName: 'notes',
      info: { singularName: 'note', pluralName: 'notes', displayName: 'Note' },
      attributes: { text: { type: 'string' } },
    }),
    ...Object.fromEntries(
      [
        ['controllers', 'createCoreController', {}],
        ['services', 'createCoreService', {}],
        ['routes', 'createCoreRouter', { config: { create: { auth: false }, findOne: { auth: false } } }],
      ].map(([folder, name, more]) => [
        `cms/src/api/note/${folder}/note.js`,
        `module.exports = require('@strapi/strapi').factories.${name}('api::note.note', ${JSON.stringify(more)})\n`,
      ]),
    ),
  },
  paths: {
    '/api/notes': { post: operation('create', json) },
    '/api/notes/{id}': { get: operation('read', { parameters: [parameter('id', 'path')] }) },
  },
  steps: `      - stepId: create
        operationId: create
        requestBody: { payload: { data: { text: one } } }
        successCriteria: [{ condition: $statusCode == 201 }]
        outputs: { id: $response.body#/data/documentId }
      - stepId: read
        operationId: read
        parameters: [{ name: id, in: path, value: $steps.create.outputs.id }]
        successCriteria: [{ condition: $response.body#/data/text == 'one' }]
`,
  count: 2,
  memory: '1GB',
})

/** Packages of the npm registry, some with a program of Debian. @type {readonly Project[]} */
export const npm = [yoga, oidc, hono, parse, nodeRed, strapi]
