import type { Session } from '../coordinator/session.ts'
import type { ResolvedServerOptions } from './options.ts'
import { type RunningServer, startServer } from './start.ts'

/** A project's hold on an application that others may use as well. */
export interface Lease {
  server: RunningServer
  /** Whether this project is the one it was started for. */
  isFirst: boolean
  /** Stops the application with the last lease. */
  end(): Promise<void>
}

/** Starts an application, or joins the projects that use it already. A failed start is tried anew by the next project. */
export async function leaseServer(session: Session, options: ResolvedServerOptions): Promise<Lease> {
  const key = JSON.stringify(options)
  const isFirst = !session.started.has(key)
  const shared = session.started.get(key) ?? { server: startServer(options), users: 0 }
  session.started.set(key, shared)
  shared.users += 1
  const leave = () => {
    shared.users -= 1
    if (shared.users === 0) session.started.delete(key)
    return shared.users === 0
  }
  try {
    const server = await shared.server
    return { server, isFirst, end: async () => void (leave() && (await server.stop())) }
  } catch (error) {
    leave()
    throw error
  }
}
