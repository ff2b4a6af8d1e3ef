import { once } from 'node:events'
import { connect } from 'node:net'
import type { Milliseconds } from '../ground/units.ts'

/** Source of application logs: the process that runs Vitest, which requires the token. */
export interface LogAddress {
  port: number
  token: string
  /** Name of the Vitest project whose applications are meant. */
  project: string
}

/** Part of an application's output; with `more`, others follow. */
export interface LogPiece {
  text: string
  more?: true
}

/**
 * Output of an application since a time of `systemTime`, secrets masked. Rejects without a response.
 *
 * @param application its name; absent for a single one without a name.
 */
export async function readLog(
  { port, token, project }: LogAddress,
  application: string | undefined,
  since: Milliseconds = 0,
): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay().setEncoding('utf8')
  try {
    await once(socket, 'connect')
    for (const line of [
      { tell: 'token', token },
      { tell: 'log?', project, application, since },
    ])
      socket.write(`${JSON.stringify(line)}\n`)
    let rest = ''
    let log = ''
    for await (const chunk of socket) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { text, more } = JSON.parse(line) as LogPiece
        log += text
        if (!more) return log
      }
    }
    throw new Error('the connection was closed')
  } finally {
    socket.destroy()
  }
}
