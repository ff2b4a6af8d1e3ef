import { expect, test } from 'vitest'
import { transportError } from '../../src/http/causes.ts'

const origin = 'http://shop.test:3000'
const report = (code: string, more: object = {}) => Object.assign(new Error(`${code} it says`), { code, ...more })

// What loopback cannot be made to do; the rest is in undici-failures.test.ts.
test.each([
  ['refused', report('ENOTFOUND')],
  ['refused', report('EAI_AGAIN')],
  ['refused', report('EHOSTUNREACH')],
  ['refused', report('EADDRNOTAVAIL')],
  ['refused', report('EMFILE')],
  ['refused', report('ETIMEDOUT', { syscall: 'connect' })],
  ['reset', report('ETIMEDOUT', { syscall: 'read' })],
  ['reset', report('EPIPE')],
  ['aborted', report('UND_ERR_DESTROYED')],
  ['protocol', report('UND_ERR_SOCKET', { message: 'bad upgrade' })],
  ['protocol', report('ERR_SOMETHING_NEW')],
  ['protocol', 'not even an error'],
  ['protocol', undefined],
])('%s: %s', (cause, error) => {
  const failure = transportError(origin, error)
  expect(failure.failure).toBe(cause)
  expect(failure.cause).toBe(error)
  expect(failure.message).toContain(origin)
})

test('says what was found and what to do', () => {
  const messages = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'EPIPE', 'UND_ERR_CLOSED', 'ERR_NEW'].map(
    code => transportError(origin, report(code)).message,
  )
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "Failed to connect to http://shop.test:3000: no such host. Correct its URL.
    Failed to connect to http://shop.test:3000: its name could not be looked up. Check the URL and the name server.
    Failed to connect to http://shop.test:3000: no local port is free. Lower the number of connections, or let them be kept alive.
    Failed to connect to http://shop.test:3000: this process has too many open files. Raise the limit (\`ulimit -n\`), or lower the number of connections.
    Failed to read a response from http://shop.test:3000: the connection was closed while the request was written. Look for a crash or a limit in the application's log.
    Failed to read a response from http://shop.test:3000: the run was ended before it came. Let it run longer.
    Failed to talk to http://shop.test:3000: ERR_NEW it says (ERR_NEW). Check that the URL is right."
  `)
})

test('keeps what it has classified already', () => {
  const failure = transportError(origin, report('ECONNREFUSED'))
  expect(transportError(origin, failure)).toBe(failure)
})
