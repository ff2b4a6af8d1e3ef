import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ArazzoError } from '../../src/ground/errors.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { type RunOptions, runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { slashed } from '../builders/system.ts'

interface Setting {
  /** The operation's request body: media types and what they say. */
  content: Record<string, object>
  /** `requestBody` of the step, as YAML. */
  body: string
  step?: string
  files?: Record<string, string>
  options?: RunOptions
  version?: string
}

async function send({ content, body, step = '', files, options, version }: Setting) {
  const server = await serve(() => ({}))
  const folder = project({
    'api.json': openapi({ op: ['post', '/op', { requestBody: { content } }] }),
    ...files,
    'flow.arazzo.yaml': arazzo(
      `
  - workflowId: main
    steps:
      - stepId: only
        operationId: op
        requestBody:
${body.replaceAll(/^/gm, '          ')}
${step.replaceAll(/^/gm, '        ')}
`,
      '',
      version,
    ),
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, ...options })
  return { request: server.seen[0], report, because: report.because?.replaceAll(folder, '/project') }
}

/** The problems that keep a document from being run. */
async function problemsOf(setting: Setting): Promise<string[]> {
  const error = await send(setting).then(
    () => undefined,
    error => error,
  )
  expect(error).toBeInstanceOf(ArazzoError)
  return (error as ArazzoError).problems.map(({ message, hint }) =>
    slashed([message, hint].filter(Boolean).join(' ')).replaceAll(
      /(?:[A-Z]:)?\/[^' ]*\/vitest-arazzo-[^/']+/g,
      '/project',
    ),
  )
}

/** A multipart body as a server reads it. */
async function parts(setting: Setting) {
  const { request, because } = await send(setting)
  expect(because).toBeUndefined()
  const headers = { 'content-type': request!.headers['content-type']! }
  const form = await new Response(new Uint8Array(request!.bytes), { headers }).formData()
  const read: Promise<string[]>[] = []
  form.forEach((value, name) => {
    read.push(
      typeof value === 'string'
        ? Promise.resolve([name, value])
        : value.text().then(text => [name, value.name, value.type, text]),
    )
  })
  return { parts: await Promise.all(read), text: request!.body, contentType: headers['content-type'] }
}

const object = (properties: object) => ({ schema: { type: 'object', properties } })
const string = { type: 'string' }

describe('multipart/form-data', () => {
  test('text, numbers, lists, objects; what is absent or null is left out', async () => {
    const result = await parts({
      content: { 'multipart/form-data': object({ tags: { type: 'array', items: string } }) },
      body: `payload: { name: 'a "b"', n: $inputs.n, tags: [x, y], address: { city: Wien }, none: $inputs.none, nothing: null }`,
      options: { inputs: { n: 3 } },
    })
    expect(result.parts).toEqual([
      ['name', 'a "b"'],
      ['n', '3'],
      ['tags', 'x'],
      ['tags', 'y'],
      ['address', '{"city":"Wien"}'],
    ])
    expect(result.text).toContain('name="address"\r\nContent-Type: application/json\r\n')
    expect(result.text).toContain('name="name"\r\n\r\n')
  })

  test('files: of the document, by `file:` where the description has bytes', async () => {
    const binary = { type: 'string', format: 'binary' }
    const result = await parts({
      content: {
        'multipart/form-data': {
          ...object({
            photo: binary,
            scans: { type: 'array', items: binary },
            raw: { contentMediaType: 'application/x-raw' },
            icon: string,
            note: string,
          }),
          encoding: { icon: { contentType: 'image/*' }, photo: { contentType: 'image/png, image/jpeg' } },
        },
      },
      body: `payload: { photo: 'file:./cat.jpg', scans: ['file:a.pdf', 'file:b.unknown'], raw: 'file:x.bin', icon: 'file:i.gif', note: 'file:./cat.jpg' }`,
      files: { 'cat.jpg': 'CAT', 'a.pdf': 'A', 'b.unknown': 'B', 'x.bin': 'X', 'i.gif': 'I' },
    })
    expect(result.parts).toEqual([
      ['photo', 'cat.jpg', 'image/jpeg', 'CAT'],
      ['scans', 'a.pdf', 'application/pdf', 'A'],
      ['scans', 'b.unknown', 'application/octet-stream', 'B'],
      ['raw', 'x.bin', 'application/x-raw', 'X'],
      ['icon', 'i.gif', 'image/gif', 'I'],
      ['note', 'file:./cat.jpg'],
    ])
  })

  test('files: bytes of an input', async () => {
    const result = await parts({
      content: { 'multipart/form-data': {} },
      body: 'payload: { data: $inputs.data }',
      options: { inputs: { data: new Uint8Array([104, 105]) } },
    })
    expect(result.parts).toEqual([['data', 'data', 'application/octet-stream', 'hi']])
  })

  test('files in OpenAPI 2.0', async () => {
    const api = {
      swagger: '2.0',
      info: { title: '', version: '1' },
      paths: {
        '/op': {
          post: {
            operationId: 'op',
            consumes: ['multipart/form-data'],
            parameters: [
              { name: 'photo', in: 'formData', type: 'file' },
              { name: 'tags', in: 'formData', type: 'array', items: string },
              { name: 'tabs', in: 'formData', type: 'array', items: string, collectionFormat: 'tsv' },
            ],
            responses: { default: { description: '' } },
          },
        },
      },
    }
    const result = await parts({
      content: {},
      body: `payload: { photo: 'file:./cat.png', tags: [a, b], tabs: [c, d] }`,
      files: { 'cat.png': 'CAT', 'api.json': JSON.stringify(api) },
    })
    expect(result.parts).toEqual([
      ['photo', 'cat.png', 'image/png', 'CAT'],
      ['tags', 'a,b'],
      ['tabs', 'c\td'],
    ])
  })

  test('encodings: content types, headers, styles', async () => {
    const result = await parts({
      content: {
        'multipart/form-data': {
          ...object({}),
          encoding: {
            xml: { contentType: 'application/xml' },
            meta: {
              contentType: 'application/vnd.own+json',
              headers: { 'X-Kind': { schema: { const: 'meta' } }, 'X-Open': { schema: string } },
            },
            list: { style: 'pipeDelimited', explode: false },
            deep: { style: 'deepObject' },
            flat: { style: 'form', explode: true },
          },
        },
      },
      body: `payload: { xml: '<a/>', meta: { a: 1 }, list: [1, 2], deep: { a: { b: 1 } }, flat: { c: 2, d: 3 } }`,
    })
    expect(result.parts).toEqual([
      ['xml', '<a/>'],
      ['meta', '{"a":1}'],
      ['list', '1|2'],
      ['deep[a][b]', '1'],
      ['c', '2'],
      ['d', '3'],
    ])
    expect(result.text).toContain('name="xml"\r\nContent-Type: application/xml\r\n\r\n')
    expect(result.text).toContain('name="meta"\r\nContent-Type: application/vnd.own+json\r\nX-Kind: meta\r\n\r\n')
  })

  test('no name or value ends its part', async () => {
    const evil = 'x"\r\nX-Evil: 1\r\n\r\n------boundary'
    const result = await parts({
      content: { 'multipart/form-data': {} },
      body: `payload: { "a\\"\\r\\nb": $inputs.evil }`,
      options: { inputs: { evil } },
    })
    expect(result.parts).toEqual([['a"\r\nb', evil]])
    expect(result.text).toContain('name="a%22%0D%0Ab"')
  })

  test('a Content-Type parameter does not get in the way of the boundary', async () => {
    const result = await parts({
      content: { 'multipart/form-data': {} },
      body: 'payload: { a: 1 }',
      step: 'parameters: [{ name: Content-Type, in: header, value: multipart/form-data }]',
    })
    expect(result.parts).toEqual([['a', '1']])
    expect(result.contentType).toMatch(/^multipart\/form-data; boundary=\S+$/)
  })

  test('written as text: sent as it is, the boundary of its first line in the header', async () => {
    const text = '--b1\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n{$inputs.n}\\r\\n--b1--\\r\\n'
    const result = await parts({
      content: { 'multipart/form-data': {} },
      body: `payload: "${text.replaceAll('"', '\\"')}"`,
      options: { inputs: { n: 7 } },
    })
    expect(result.parts).toEqual([['a', '7']])
  })

  test('replacements set members', async () => {
    const result = await parts({
      content: { 'multipart/form-data': object({ file: { type: 'string', format: 'binary' } }) },
      body: `payload: { a: 1 }\nreplacements: [{ target: /file, value: 'file:x.txt' }, { target: /a, value: $inputs.a }]`,
      files: { 'x.txt': 'X' },
      options: { inputs: { a: 'two' } },
    })
    expect(result.parts).toEqual([
      ['a', 'two'],
      ['file', 'x.txt', 'text/plain', 'X'],
    ])
  })
})

describe('files that cannot be had', () => {
  const content = { 'multipart/form-data': object({ file: { type: 'string', format: 'binary' } }) }

  test('one that the document names is a problem before anything is sent', async () => {
    expect(await problemsOf({ content, body: `payload: { file: 'file:none.png' }` })).toEqual([
      `Failed to read file:none.png for step "only": ENOENT: no such file or directory, open '/project/none.png'. Correct the path; it is relative to the document.`,
    ])
  })

  test('a reference that comes about in a run leads to files below the document only', async () => {
    const files = { 'x.txt': 'X' }
    const body = 'payload: { file: $inputs.file }'
    const below = await parts({ content, body, files, options: { inputs: { file: 'file:x.txt' } } })
    expect(below.parts).toEqual([['file', 'x.txt', 'text/plain', 'X']])
    for (const file of ['file:/etc/passwd', pathToFileURL('/etc/passwd').href, 'file:../../etc/passwd']) {
      const { request, because } = await send({ content, body, options: { inputs: { file } } })
      expect(request).toBeUndefined()
      expect(because).toMatch('Failed to write the multipart/form-data body of step "only": it is not below /project')
    }
    const { because } = await send({
      content,
      body,
      files: { '.env': 'X' },
      options: { inputs: { file: 'file:./.env' } },
    })
    expect(because).toMatch('only the document may name a dot-file')
  })
})

describe('files that a response names', () => {
  const binary = { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } }
  const form = { content: { 'multipart/form-data': object({ file: { type: 'string', format: 'binary' } }) } }
  const description = openapi({
    ask: ['get', '/ask', {}],
    put: ['post', '/put', { requestBody: binary }],
    send: ['post', '/send', { requestBody: form }],
  })

  test.each([
    ...['file:./.env', 'file:./beside.txt', 'file:beside.txt', 'file:///etc/passwd', 'file:none.txt'].map(
      named => ['put', '$steps.ask.outputs.file', named] as const,
    ),
    ['send', '{ file: $steps.ask.outputs.file }', 'file:./beside.txt'],
  ] as const)('fail each step that sends them, functionally and over both transports: %s %s %s', async (...given) => {
    const [operation, payload, named] = given
    const server = await serve(({ url }) => (url === '/ask' ? { body: { file: named } } : {}))
    const folder = project({
      'api.json': description,
      'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: ask, operationId: ask, outputs: { file: $response.body#/file } }
      - { stepId: last, operationId: ${operation}, requestBody: { payload: ${payload} } }
`),
      '.env': 'SECRET=1',
      'beside.txt': 'beside',
    })
    const workflow = `${folder}/flow.arazzo.yaml`
    const { because } = await runWorkflow(workflow, { servers: server.origin })
    const found = [because]
    for (const transport of ['wire', 'undici'] as const) {
      const load = { vus: 1, iterations: 2 }
      const { errors, arrivals } = await runLoad({ workflow, servers: server.origin, load, transport })
      expect(arrivals.failed).toBe(2)
      found.push(errors[0]?.message)
    }
    const told = `${named} came in a response, and only the document and its inputs may name files. Name the file in the document or in an input.`
    expect(found).toEqual(Array(3).fill(expect.stringContaining(told)))
    expect(server.seen.map(({ url }) => url)).toEqual(Array(5).fill('/ask'))
  })
})

describe('multipart of other kinds', () => {
  test('is not put together from objects', async () => {
    expect(await problemsOf({ content: { 'multipart/mixed': {} }, body: 'payload: { a: 1 }' })).toMatchInlineSnapshot(`
      [
        "Failed to write the multipart/mixed body of step "only": its payload is an object or a list, and only multipart/form-data is put together from one. Use multipart/form-data, or write the whole body as text.",
      ]
    `)
    const { because } = await send({
      content: { 'multipart/mixed': {} },
      body: 'payload: $inputs.o',
      options: { inputs: { o: [1] } },
    })
    expect(because).toContain('Failed to write the multipart/mixed body of step "only"')
  })

  test('is sent as it is written', async () => {
    const { request } = await send({
      content: { 'multipart/mixed': {} },
      body: 'payload: "--x\\r\\n\\r\\nhi\\r\\n--x--\\r\\n"',
    })
    expect(request).toMatchObject({
      body: '--x\r\n\r\nhi\r\n--x--\r\n',
      headers: { 'content-type': 'multipart/mixed; boundary="x"' },
    })
  })
})

describe('forms', () => {
  const form = async (payload: string, encoding: object = {}, inputs: Record<string, unknown> = {}) => {
    const content = { 'application/x-www-form-urlencoded': { ...object({}), encoding } }
    const { request } = await send({ content, body: `payload: ${payload}`, options: { inputs } })
    return request!.body
  }

  test('by style', async () => {
    const encoding = {
      csv: { style: 'form', explode: false },
      ssv: { style: 'spaceDelimited', explode: false },
      pipes: { style: 'pipeDelimited', explode: false },
      deep: { style: 'deepObject', explode: true },
      flat: { explode: true },
      free: { allowReserved: true },
      json: { contentType: 'application/json' },
    }
    expect(
      await form(
        `{ csv: [1, 2], ssv: [1, 2], pipes: [1, 2], deep: { a: { b: 1 } }, flat: { c: 2 }, free: a/b?c, json: [1, 2] }`,
        encoding,
      ),
    ).toBe('csv=1,2&ssv=1%202&pipes=1%7C2&deep%5Ba%5D%5Bb%5D=1&c=2&free=a/b?c&json=%5B1%2C2%5D')
  })
})

describe('other bodies', () => {
  test('XML is not made from objects', async () => {
    expect(await problemsOf({ content: { 'application/soap+xml': {} }, body: 'payload: { a: 1 }' })).toEqual([
      'Failed to write the application/soap+xml body of step "only": its payload is an object or a list. Write the XML as text.',
    ])
  })

  test('plain text, numbers too', async () => {
    const text = (payload: string) =>
      send({ content: { 'text/plain': {} }, body: `payload: ${payload}`, options: { inputs: { n: 5 } } })
    expect((await text(`'n is {$inputs.n}'`)).request!.body).toBe('n is 5')
    expect((await text('$inputs.n')).request!.body).toBe('5')
  })

  test('bytes: an input, or a file; the report only counts what is no text', async () => {
    const content = { 'image/png': {} }
    const data = new Uint8Array([0xff, 0xd8, 0x00, 0x41])
    const bytes = await send({ content, body: 'payload: $inputs.data', options: { inputs: { data } } })
    expect([...bytes.request!.bytes]).toEqual([...data])
    expect(bytes.report.steps[0]!.exchange!.request.body).toBe('<4 bytes>')
    const file = await send({ content, body: 'payload: file:./x.png', files: { 'x.png': 'PNG' } })
    expect(file.request).toMatchObject({ body: 'PNG', headers: { 'content-type': 'image/png' } })
    const csv = { 'text/csv': { schema: { type: 'string', format: 'binary' } } }
    expect((await send({ content: csv, body: 'payload: file:./x.csv', files: { 'x.csv': 'a,b' } })).request!.body).toBe(
      'a,b',
    )
    const text = { 'text/csv': {} }
    expect(
      (await send({ content: text, body: 'payload: file:./x.csv', files: { 'x.csv': 'a,b' } })).request!.body,
    ).toBe('file:./x.csv')
  })
})
