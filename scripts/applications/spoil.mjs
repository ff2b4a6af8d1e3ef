/*
 * An application that misbehaves now and then: `node spoil.mjs <hang | reset | wrong> <port> <command>`. It runs the
 * command with `@port@` replaced by a free port, and forwards each request to it. Of each 40 requests under load,
 * one gets no response, a reset connection, or a page in the place of its data. The functional run that comes first is
 * left alone.
 */
import { spawn } from 'node:child_process'
import { createServer, request as send } from 'node:http'
import process from 'node:process'
import { freePort } from './free-port.mjs'

const [kind = '', port = '', ...words] = process.argv.slice(2)
const LEFT_ALONE = 20
const EVERY = 40

const inner = await freePort()
const child = spawn(words.join(' ').replaceAll('@port@', String(inner)), {
  shell: true,
  stdio: 'inherit',
  env: { ...process.env, PORT: String(inner) },
})
child.once('exit', code => process.exit(code ?? 1))

// Requests are counted once the application is up: those before only ask whether it is.
let isUp = false
let count = 0
createServer((request, response) => {
  const isSpoilt = isUp && ++count > LEFT_ALONE && count % EVERY === 0
  if (isSpoilt && kind === 'hang') return
  if (isSpoilt && kind === 'reset') {
    request.socket.destroy()
    return
  }
  if (isSpoilt && kind === 'wrong') {
    request
      .resume()
      .once('end', () => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Back soon</h1>'))
    return
  }
  const { method, url, headers } = request
  // A connection for each request: one that the application closes while it is idle would be a fault of this script.
  const sent = send({ host: '127.0.0.1', port: inner, method, path: url, headers, agent: false }, received => {
    isUp ||= (received.statusCode ?? 502) < 500
    response.writeHead(received.statusCode ?? 502, received.headers)
    received.pipe(response)
  })
  sent.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  request.pipe(sent)
}).listen(Number(port), '127.0.0.1')
