import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { LoadBoard } from './load-board.ts'
import { SharedLock } from './lock.ts'
import type { CoordinatorAddress } from './protocol.ts'
import { type LogOf, type OnApart, Visitor } from './visitor.ts'

/**
 * Lives in the process that runs Vitest; test files talk to it over a loopback socket. It sees to it that a load test
 * runs alone, and passes on what load tests say of their progress.
 */
export interface Coordinator {
  readonly address: Omit<CoordinatorAddress, 'project'>
  readonly board: LoadBoard
  /**
   * Gives back the share that a test file still holds, for files that ended without saying so: one that failed to load
   * runs no `afterAll`, and its worker may live on to run the next file. A load that outlasts its file keeps the lock.
   */
  fileEnded(file: string, project: string): void
  close(): Promise<void>
}

/** Opens a coordinator on a port of its own. It keeps no process alive. */
export async function openCoordinator(onApart: OnApart = () => {}, logOf: LogOf = () => ''): Promise<Coordinator> {
  const token = randomUUID()
  const lock = new SharedLock()
  const board = new LoadBoard()
  const visitors = new Map<Socket, Visitor>()
  const server = createServer(socket => {
    const visitor = new Visitor(socket, { token, lock, board, onApart, logOf })
    visitors.set(socket, visitor)
    socket.on('close', () => visitors.delete(socket))
  })
  const port = await listen(server)
  return {
    address: { port, token },
    board,
    fileEnded(file, project) {
      for (const visitor of visitors.values()) visitor.fileEnded(file, project)
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : undefined
      server.close()
      for (const socket of visitors.keys()) socket.destroy()
      await closed
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return (server.address() as AddressInfo).port
}
