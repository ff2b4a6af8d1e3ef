import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** Has a server listen on loopback, at a free port, until the test ends. Resolves to its origin. */
export async function listen(server: Server | SecureServer, scheme: 'http' | 'https' = 'http'): Promise<string> {
  await new Promise<void>(resolve => (server as Server).listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}
