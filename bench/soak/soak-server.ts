/**
 * The application of a soak, in a process of its own. Its parent says from when on every so many requests meet a fault;
 * on SIGTERM it ends its connections, tells its books and is gone. Run: `node soak-server.js <port>`, with an IPC
 * channel.
 */
import type { AddressInfo } from 'node:net'
import type { Books } from './faulty-app.ts'
import { FaultyApp } from './faulty-app.ts'

export type Told = { type: 'listening'; port: number } | { type: 'books'; books: Books }

const app = new FaultyApp()
const tell = (told: Told, then?: () => void) => process.send?.(told, () => then?.())
process.on('message', ({ every }: { every?: number }) => {
  app.every = every
})
process.once('SIGTERM', () => tell({ type: 'books', books: app.end() }, () => process.exit(0)))
process.once('disconnect', () => process.exit(0))
// While it hangs, the system takes the connections of all virtual users for it.
app.server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 4096, () => {
  tell({ type: 'listening', port: (app.server.address() as AddressInfo).port })
})
