import { PYTHON_SERVER } from '../../test/builders/python-server.ts'
import type { Files } from '../pull-requests/repository.ts'

/*
 * A small shop, the same in each framework: its routes call functions of `src/shop`, and each regression changes one of
 * these. The code has no types, so that it is JavaScript and TypeScript alike.
 */

export const SHOP = `import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ms from 'ms'

const terms = fileURLToPath(new URL('../terms.txt', import.meta.url))
const text = readFileSync(terms, 'utf8')
const delivery = ms('2 days')
const items = Array.from({ length: 200 }, (_, id) => ({
  id,
  name: 'item ' + id + (id % 3 === 0 ? ' of wool' : ' of silk'),
  cents: 100 + ((id * 37) % 900),
  tags: ['new', 'sale', 'size ' + (id % 7)],
}))

export function listItems(from) {
  return items.slice(from, from + 20).map(item => summaryOf(item))
}

function summaryOf(item) {
  return { id: item.id, name: item.name, cents: item.cents, days: daysOf(item) }
}

function daysOf(item) {
  return item.id % 2 === 0 ? delivery / 86400000 : 1
}

export function itemOf(id) {
  const item = items[id % items.length]
  return { ...item, terms: termsOf(item), related: relatedTo(item) }
}

function termsOf(item) {
  return text.length + item.id
}

function relatedTo(item) {
  const related = []
  for (const other of items) if (other.tags[2] === item.tags[2]) related.push(other.id)
  return related
}

export function search(words) {
  const found = []
  for (const item of items) if (matches(item, words)) found.push(item.id)
  return { found }
}

function matches(item, words) {
  return words.every(word => item.name.includes(word))
}

export function orderOf(lines) {
  const order = { total: totalOf(lines), lines: lines.length }
  return order
}

function totalOf(lines) {
  let total = 0
  for (const line of lines) total += priceOf(line)
  return total
}

function priceOf(line) {
  const item = items[line.id % items.length]
  return item.cents * line.count
}
`

export const OPENAPI = `openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
servers: [{ url: 'http://127.0.0.1' }]
paths:
  /items:
    get:
      operationId: list
      responses: { '200': { description: A page of items, content: { application/json: {} } } }
  /items/{id}:
    get:
      operationId: one
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: An item, content: { application/json: {} } } }
  /search:
    get:
      operationId: search
      responses: { '200': { description: What was found, content: { application/json: {} } } }
  /orders:
    post:
      operationId: order
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '200': { description: An order, content: { application/json: {} } } }
`

export const ARAZZO = `arazzo: 1.0.1
info: { title: Shop, version: 1.0.0 }
sourceDescriptions: [{ name: shop, url: ./shop.openapi.yaml, type: openapi }]
workflows:
  - workflowId: buy
    steps:
      - stepId: list
        operationId: list
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { id: $response.body#/0/id }
      - stepId: one
        operationId: one
        parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
        successCriteria: [{ condition: $statusCode == 200 }]
      - stepId: search
        operationId: search
        successCriteria: [{ condition: $statusCode == 200 }]
      - stepId: order
        operationId: order
        requestBody: { contentType: application/json, payload: { lines: [{ id: 3, count: 2 }, { id: 7, count: 1 }] } }
        successCriteria: [{ condition: $statusCode == 200 }]
`

/** A program that answers by functions of `shop`, as each framework is written. */
export interface Framework {
  /** Packages of the application. */
  dependencies: Record<string, string>
  files: Files
  /** What a checkout needs after `npm ci`. */
  build?: string
  command: string
  /** Path of the file of `SHOP`. */
  shop: string
  /** Other text of that file, in another language. */
  text?: string
  /** Profiler of the plugin, for another language. */
  cause?: object
  /** Program that it takes. */
  needs?: string
}

const MS = { ms: '2.1.3' }
const HANDLERS = `
let turn = 0
export const handlers = {
  list: async () => listItems((turn++ * 7) % 150),
  one: async id => itemOf(Number(id)),
  search: async () => search(['wool', String(turn++ % 10)]),
  order: async body => orderOf(body.lines),
}
`
const handlersOf = (extension: string) =>
  `import { itemOf, listItems, orderOf, search } from './shop.${extension}'\n${HANDLERS}`

const EXPRESS = `import express from 'express'
import { handlers } from './handlers.js'

const app = express()
app.use(express.json())
app.get('/health', (request, response) => response.send('ok'))
app.get('/items', async (request, response) => response.json(await handlers.list()))
app.get('/items/:id', async (request, response) => response.json(await handlers.one(request.params.id)))
app.get('/search', async (request, response) => response.json(await handlers.search()))
app.post('/orders', async (request, response) => response.json(await handlers.order(request.body)))
app.listen(Number(process.env.PORT), '127.0.0.1')
`

const FASTIFY = `import Fastify from 'fastify'
import { handlers } from './handlers.js'

const app = Fastify()
app.get('/health', async () => 'ok')
app.get('/items', () => handlers.list())
app.get('/items/:id', request => handlers.one(request.params.id))
app.get('/search', () => handlers.search())
app.post('/orders', request => handlers.order(request.body))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
`

const NEST = `import 'reflect-metadata'
import { Body, Controller, Get, HttpCode, Module, Param, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { handlers } from './handlers.js'

@Controller()
class Shop {
  @Get('health') health() { return 'ok' }
  @Get('items') list() { return handlers.list() }
  @Get('items/:id') one(@Param('id') id: string) { return handlers.one(id) }
  @Get('search') search() { return handlers.search() }
  @Post('orders') @HttpCode(200) order(@Body() body: any) { return handlers.order(body) }
}

@Module({ controllers: [Shop] })
class App {}

const app = await NestFactory.create(App, { logger: false })
await app.listen(Number(process.env.PORT), '127.0.0.1')
`

/** Node's own server; the work of \`order\` is done in a worker thread. */
const THREADS = `import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { handlers } from './handlers.js'

const worker = new Worker(new URL('./worker.js', import.meta.url))
const waiting = new Map()
let last = 0
worker.on('message', ({ id, order }) => {
  waiting.get(id)(order)
  waiting.delete(id)
})
const inWorker = body =>
  new Promise(resolve => {
    last++
    waiting.set(last, resolve)
    worker.postMessage({ id: last, body })
  })

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://shop')
  let text = ''
  for await (const chunk of request) text += chunk
  const answer =
    pathname === '/health' ? 'ok'
    : pathname === '/items' ? await handlers.list()
    : pathname === '/search' ? await handlers.search()
    : pathname === '/orders' ? await inWorker(JSON.parse(text))
    : await handlers.one(pathname.slice(7))
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}).listen(Number(process.env.PORT), '127.0.0.1')
`

const WORKER = `import { parentPort } from 'node:worker_threads'
import { orderOf } from './shop.js'

parentPort.on('message', ({ id, body }) => parentPort.postMessage({ id, order: orderOf(body.lines) }))
`

const CLUSTER = `import cluster from 'node:cluster'

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
} else {
  await import('./server.js')
}
`

/** Calls of a database and of another service. `places.js` has their ports. */
export const OUTSIDE = `import { Agent, get } from 'node:http'
import pg from 'pg'
import { POSTGRES, STOCK } from './places.js'

const pool = new pg.Pool({ host: '127.0.0.1', port: POSTGRES, user: 'app', password: 'secret', database: 'postgres', max: 4 })
const agent = new Agent({ keepAlive: true })
const query = 'SELECT n AS id, n * 3 AS cents FROM generate_series(1, 200) n WHERE n = ANY($1)'

export async function pricesOf(ids) {
  const { rows } = await pool.query(query, [ids])
  return rows
}

export function stockOf(id) {
  return new Promise((resolve, reject) => {
    const asked = get({ agent, host: '127.0.0.1', port: STOCK, path: '/' + id }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', more => (text += more)).on('end', () => resolve(Number(text)))
    })
    asked.on('error', reject)
  })
}

export async function stockOfAll(ids) {
  return Promise.all(ids.map(stockOf))
}
`

const CALLING = `import { pricesOf, stockOf, stockOfAll } from './outside.js'
import { itemOf, orderOf } from './shop.js'

export const handlers = {
  list: async () => pricesOf([1, 2, 3, 4, 5, 6, 7, 8]),
  one: async id => ({ ...itemOf(Number(id)), stock: await stockOf(id) }),
  search: async () => stockOfAll([1, 2, 3, 4, 5]),
  order: async body => orderOf(body.lines),
}
`

export const PYTHON_SHOP = `import json

ITEMS = [{'id': i, 'cents': 100 + i * 37 % 900} for i in range(200)]
ROUNDS = 1


def total_of(lines):
    total = 0
    for line in lines:
        for _ in range(ROUNDS):
            total += json.loads(json.dumps(ITEMS[line['id'] % 200]))['cents']
    return total


def page_of(start):
    return [dict(item) for item in ITEMS[start:start + 20]]
`

const PYTHON = `${PYTHON_SERVER}

from shop import page_of, total_of


def answer(path, body):
    return {'total': total_of(json.loads(body)['lines'])} if path == '/orders' else page_of(7)


asyncio.run(serve(answer))
`

export const GO_SHOP = `package main

import "encoding/json"

type item struct {
	ID    int \`json:"id"\`
	Cents int \`json:"cents"\`
}

type line struct {
	ID    int \`json:"id"\`
	Count int \`json:"count"\`
}

const rounds = 1

var items = make([]item, 200)

func totalOf(lines []line) int {
	total := 0
	for _, one := range lines {
		for i := 0; i < rounds; i++ {
			text, _ := json.Marshal(items[one.ID%200])
			var copied item
			_ = json.Unmarshal(text, &copied)
			total += copied.Cents * one.Count
		}
	}
	return total
}
`

const GO = `package main

import (
	"encoding/json"
	"net/http"
	_ "net/http/pprof"
	"os"
)

func main() {
	for i := range items {
		items[i] = item{ID: i, Cents: 100 + i*37%900}
	}
	page := func(w http.ResponseWriter, r *http.Request) { answer(w, items[:20]) }
	for _, path := range []string{"/health", "/items", "/items/", "/search"} {
		http.HandleFunc(path, page)
	}
	http.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Lines []line \`json:"lines"\`
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		answer(w, map[string]int{"total": totalOf(body.Lines)})
	})
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
`

const typescript = (build: string | undefined, command: string, others: Files = {}): Framework => ({
  dependencies: { ...MS, fastify: '5', typescript: '5', '@types/node': '20', tsx: '4', esbuild: '0.25' },
  files: {
    'src/server.ts': FASTIFY.replace('request => handlers.one(', '(request: any) => handlers.one('),
    'src/handlers.ts': handlersOf('js'),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...{ module: 'nodenext', target: 'es2022', outDir: 'dist', rootDir: 'src', sourceMap: true },
        ...{ strict: false, skipLibCheck: true, experimentalDecorators: true, emitDecoratorMetadata: true },
        types: ['node'],
      },
      include: ['src'],
    }),
    ...others,
  },
  ...(build !== undefined && { build }),
  command,
  shop: 'src/shop.ts',
})

const javascript = (server: string, dependencies: Record<string, string>, others: Files = {}): Framework => ({
  dependencies: { ...MS, ...dependencies },
  files: { 'src/server.js': server, 'src/handlers.js': handlersOf('js'), ...others },
  command: 'node src/server.js',
  shop: 'src/shop.js',
})

const BUNDLE =
  'npx esbuild src/server.ts --bundle --minify --sourcemap --platform=node --format=esm --outfile=dist/server.js ' +
  `--banner:js="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"`

export const FRAMEWORKS = {
  express: javascript(EXPRESS, { express: '5' }),
  fastify: javascript(FASTIFY, { fastify: '5' }),
  threads: javascript(THREADS, {}, { 'src/worker.js': WORKER }),
  cluster: { ...javascript(FASTIFY, { fastify: '5' }, { 'src/cluster.js': CLUSTER }), command: 'node src/cluster.js' },
  typescript: typescript('npx tsc', 'node dist/server.js'),
  outside: {
    ...javascript(FASTIFY, { fastify: '5', pg: '8' }),
    files: { 'src/server.js': FASTIFY, 'src/handlers.js': CALLING, 'src/outside.js': OUTSIDE },
  },
  python: {
    dependencies: {},
    files: { 'src/server.py': PYTHON },
    command: 'python3 src/server.py',
    ...{ shop: 'src/shop.py', text: PYTHON_SHOP, needs: 'python3' },
    cause: { url: 'http://127.0.0.1:{port}/profile?seconds={seconds}' },
  },
  go: {
    dependencies: {},
    files: { 'src/main.go': GO, 'src/go.mod': 'module shop\n\ngo 1.21\n' },
    build: 'cd src && GOFLAGS=-buildvcs=false go build -o ../server .',
    command: './server',
    ...{ shop: 'src/shop.go', text: GO_SHOP, needs: 'go' },
    cause: { url: 'http://127.0.0.1:{port}/debug/pprof/profile?seconds={seconds}' },
  },
  tsx: typescript(undefined, 'node --import tsx src/server.ts'),
  bundle: typescript(BUNDLE, 'node --enable-source-maps dist/server.js'),
  nest: {
    ...typescript('npx tsc', 'node dist/server.js', { 'src/server.ts': NEST }),
    dependencies: {
      ...MS,
      '@nestjs/common': '11',
      '@nestjs/core': '11',
      '@nestjs/platform-express': '11',
      'reflect-metadata': '0.2',
      rxjs: '7',
      typescript: '5',
      '@types/node': '20',
    },
  },
} satisfies Record<string, Framework>
