import { json, needs, operation, parameter, project, server } from './project.mjs'

/** @typedef {import('../projects.mjs').Project} Project */

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

/** Programs of Debian. @type {readonly Project[]} */
export const debian = [prometheus, django, sinatra, etcd, php]
