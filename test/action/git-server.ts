import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { onTestFinished } from 'vitest'
import { plainEnvironment } from './job.ts'

/** Serves a bare repository by HTTP, as `git http-backend` does it, to whoever has these credentials. */
export async function servedByHttp(bare: string, credentials: string): Promise<{ url: string; refused: () => number }> {
  const expected = `basic ${Buffer.from(credentials).toString('base64')}`.toLowerCase()
  let refused = 0
  const server = createServer((request, response) => {
    if (request.headers.authorization?.toLowerCase() === expected) return backend(bare, request, response)
    refused++
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refused: () => refused }
}

/** A CGI script: headers by the environment, a head and a body on standard output. */
function backend(bare: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url!, 'http://localhost')
  const env = {
    ...plainEnvironment(),
    GIT_PROJECT_ROOT: dirname(bare),
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method!,
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
  }
  const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  request.pipe(child.stdin)
  const chunks: Buffer[] = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  child.on('close', () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf('\r\n\r\n')
    const fields = all
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map(line => line.split(/: (.*)/s))
    const status = Number(fields.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200)
    for (const [name, value] of fields) if (name !== 'Status') response.setHeader(name!, value!)
    response.writeHead(status).end(all.subarray(end + 4))
  })
}
