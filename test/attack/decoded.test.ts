import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeContent } from '../../src/http/content-type.ts'
import { cases } from '../builders/thorough.ts'
import { builtPlugin } from '../plugin/server/built.ts'

/* Short bodies that become very long by decoding, and what a process of its own needs for them. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const MB = 2 ** 20
const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-decoded-'))
const bodies = new Map<string, Buffer>()

const brotli = (bytes: Buffer) =>
  zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })
const { zstdCompressSync, zstdDecompressSync } = zlib as Record<string, unknown> as {
  zstdCompressSync?: (bytes: Buffer) => Buffer
  zstdDecompressSync?: unknown
}
const encoders: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: bytes => zlib.gzipSync(bytes, { level: 1 }),
  deflate: bytes => zlib.deflateSync(bytes, { level: 1 }),
  br: brotli,
  ...(zstdDecompressSync !== undefined && { zstd: zstdCompressSync! }),
}

const list = (size: number, item: string) =>
  Buffer.concat([Buffer.from('['), Buffer.alloc(size, `${item},`), Buffer.from(`${' '.repeat(item.length)}0]`)])

function manyKeys(size: number): Buffer {
  const pieces: string[] = []
  for (let i = 0; pieces.length * 13 < size; i++) pieces.push(`"${String(i).padStart(8, 'k')}":0`)
  return Buffer.from(`{${pieces.join(',')}}`)
}

const filler: Record<string, (size: number) => Buffer> = {
  'one-value': size => Buffer.concat([Buffer.from('"'), Buffer.alloc(size, 'lorem ipsum '), Buffer.from('"')]),
  'beyond-latin': size => Buffer.alloc(size, 'лорем ипсум '),
  'one-beyond-latin': size => Buffer.concat([Buffer.alloc(size, 'lorem ipsum '), Buffer.from('ж')]),
  'empty-objects': size => list(Math.floor(size / 3) * 3, '{}'),
  'numbers-json': size => list(Math.floor(size / 2) * 2, '1'),
  'fractions-json': size => list(Math.floor(size / 4) * 4, '1.5'),
  'rows-json': size => list(Math.floor(size / 22) * 22, '{"id":1,"name":"abc"}'),
  'keys-json': manyKeys,
}

const same = (bytes: Buffer) => bytes

/** `/gzip/120/chunked`: 120 MB of text. */
const onRequest = (({ url = '' }, response) => {
  const [, encoding = '', size = '', framing] = url.split('/')
  const content = filler[framing!] ?? (length => Buffer.alloc(length, 'lorem ipsum '))
  const key = `${encoding} ${size} ${content}`
  if (!bodies.has(key)) bodies.set(key, (encoders[encoding] ?? same)(content(Number(size) * MB)))
  const body = bodies.get(key)!
  response.setHeader('content-type', /value|json|objects/.test(framing!) ? 'application/json' : 'text/plain')
  response.setHeader('content-encoding', encoding)
  if (framing === 'sized') response.setHeader('content-length', body.length)
  response.end(body)
}) satisfies RequestListener

const servers = { h1: createServer(onRequest), h2: createHttp2Server((_, response) => response.destroy()) }
servers.h2.removeAllListeners('request')
servers.h2.on('request', onRequest as never)

beforeAll(async () => {
  for (const server of Object.values(servers))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  for (const server of Object.values(servers)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Case {
  path: string
  protocol?: 'h1' | 'h2'
  criterion?: string
  /** Options of a load; a functional run without. */
  load?: Record<string, unknown>
}

/** Runs it in a process of its own. Resolves to the memory that it took at most, beside the engine. */
async function run({ path, protocol = 'h1', criterion = '$statusCode == 200', load }: Case) {
  const { port } = servers[protocol].address() as AddressInfo
  const responses = { 200: { description: 'ok' } }
  const server = { url: `http://127.0.0.1:${port}` }
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'a', version: '1' },
    servers: [server],
    paths: { [path]: { get: { operationId: 'a', responses } } },
  }
  const arazzo = {
    arazzo: '1.0.1',
    info: { title: 'a', version: '1' },
    sourceDescriptions: [{ name: 'api', url: './openapi.json', type: 'openapi' }],
    workflows: [
      { workflowId: 'main', steps: [{ stepId: 'a', operationId: 'a', successCriteria: [{ condition: criterion }] }] },
    ],
  }
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(openapi))
  writeFileSync(join(folder, 'a.arazzo.json'), JSON.stringify(arazzo))
  const options = { load: { vus: 1, iterations: 1, threads: 1 }, protocol, ...load }
  const script = `
    import { readFileSync } from 'node:fs'
    const { runLoad, runWorkflow } = await import(${JSON.stringify(join(await builtPlugin(), 'engine.js'))})
    const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    const before = peak()
    const workflow = ${JSON.stringify(join(folder, 'a.arazzo.json'))}
    const result = ${load === undefined}
      ? await runWorkflow(workflow)
      : await runLoad({ workflow, ...${JSON.stringify(options)} })
    const { state, because, arrivals, errors } = result
    console.log(JSON.stringify({ grown: peak() - before, state, because, arrivals, error: errors?.[0]?.message }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return JSON.parse(stdout) as {
    grown: number
    state?: string
    because?: string
    arrivals?: { passed: number; failed: number }
    error?: string
  }
}

/** Path of so many MB of a content: `rows-json 44`. */
const pathOf = (body: string) => `/gzip/${body.split(' ').reverse().join('/')}`

/** Threads, their code, and what the engine needs besides. */
const OWN = 80

describe.skipIf(process.platform !== 'linux')('memory', () => {
  test.each(
    cases(
      ['one-beyond-latin 160', 'rows-json 44', 'keys-json 16'],
      ['one-value 160', 'beyond-latin 200', 'empty-objects 9', 'numbers-json 32', 'fractions-json 36'],
    ),
  )('a functional run takes at most twice the limit for a whole body: %s', async body => {
    const { state, grown } = await run({ path: pathOf(body), criterion: '$response.body != "x"' })
    expect(grown).toBeLessThan(2 * 256)
    expect(state).toBe('passed')
  })

  test.each(
    cases(
      ['one-beyond-latin 200', 'rows-json 60', 'keys-json 20'],
      ['one-value 200', 'empty-objects 15', 'numbers-json 40'],
    ),
  )('a body that would take more than twice the limit is not read: %s', async body => {
    const path = pathOf(body)
    const whole = await run({ path, criterion: '$response.body != "x"' })
    expect(whole.grown).toBeLessThan(2 * 256)
    expect(whole.state).toBe('failed')
    for (const load of [{ transport: 'wire' }, { transport: 'undici' }]) {
      const loaded = await run({ path, criterion: '$response.body != "x"', load })
      expect(loaded.arrivals).toMatchObject({ passed: 0, failed: 1 })
      expect(loaded.error).toMatch(/it would take [\d,]+ bytes of memory .*more than twice 268,435,456/)
    }
    // Nothing of the body is wanted.
    for (const unread of [await run({ path }), await run({ path: path.replace('gzip', 'br') })]) {
      expect(unread.grown).toBeLessThan(2 * 256)
      expect(unread.state).toBe('passed')
    }
  })

  test.each([
    ['1', true],
    ['2', false],
  ])('values of such a body are read from its bytes: id is %s', async (id, holds) => {
    const [path, criterion] = ['/identity/60/rows-json', `$response.body#/7/id == ${id}`]
    const { state, grown } = await run({ path, criterion })
    expect(state).toBe(holds ? 'passed' : 'failed')
    expect(grown).toBeLessThan(2 * 256)
    for (const load of [{ transport: 'wire' }, { transport: 'undici' }]) {
      const { arrivals } = await run({ path, criterion, load })
      expect(arrivals).toMatchObject(holds ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })
    }
  })

  test.each(
    cases(
      ['/gzip/200/chunked wire', '/br/200/sized undici', '/gzip/200/sized h2'],
      [...Object.keys(encoders).map(name => `/${name}/200/sized wire`), '/gzip/200/chunked undici'],
    ),
  )('a load takes at most twice the limit: %s', async way => {
    const [path = '', by] = way.split(' ')
    const [protocol, load] = by === 'h2' ? ['h2' as const, {}] : [undefined, { transport: by }]
    const whole = await run({ path, protocol, criterion: '$response.body != "x"', load })
    expect(whole.arrivals).toMatchObject({ passed: 1 })
    expect(whole.grown).toBeLessThan(2 * 256 + OWN)
    // Its text is shown, too.
    const failing = await run({ path, protocol, criterion: '$response.body == "x"', load })
    expect(failing.error).toContain('$response.body == "x" is not met ("lorem ipsum')
    expect(failing.grown).toBeLessThan(2 * 256 + OWN)
  })

  test.each(['wire', 'undici'])('what becomes longer than the limit fails, over %s', async transport => {
    const read = await run({ path: '/br/300/sized', criterion: '$response.body != "x"', load: { transport } })
    expect(read.arrivals).toMatchObject({ passed: 0, failed: 1 })
    expect(read.error).toContain('longer than 268,435,456 bytes without its br')
    expect(read.grown).toBeLessThan(256 + OWN)
  })
})

test.each(Object.entries(encoders))('%s is decoded to the same bytes, however long', (name, encode) => {
  for (const size of [0, 1, 2, 2_047, 2_048, 2_049, 16_384, 131_072, 131_073, 5 * MB]) {
    const bytes = Buffer.alloc(size, 'lorem ipsum ')
    const encoded = encode(bytes)
    const decoded = decodeContent(encoded, name)
    expect(Buffer.isBuffer(decoded) && decoded.equals(bytes), `${size}`).toBe(true)
    expect(decodeContent(encoded, name, size), `${size}`).toBeInstanceOf(Buffer)
    if (size > 1)
      expect(decodeContent(encoded, name, size - 1)).toMatchObject({ advice: 'Let the application send less.' })
  }
})
