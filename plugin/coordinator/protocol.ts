import type { Socket } from 'node:net'
import type { Progress } from '../../src/load/plan/options.ts'
import type { BoardedStanding } from './load-board.ts'
import type { Mode } from './lock.ts'

/** Where the coordinator listens, given to every test file. It takes nothing from who does not know the token. */
export interface CoordinatorAddress {
  port: number
  token: string
  /** Name of the Vitest project that it was given to. */
  project: string
}

/** What a test file tells. One JSON object a line. `claim` is a number of the test file's own. */
export type Request =
  | { tell: 'token'; token: string }
  /** Wants the lock. `instead` is a claim to be given up for it, in the same step. */
  | ClaimRequest
  | { tell: 'downgrade'; claim: number }
  | { tell: 'release'; claim: number }
  /** Progress of the load that runs under a claim, and what it is called now. */
  | { tell: 'progress'; claim: number; load: string; progress: Progress }
  /** How what runs under a claim stands: a comparison has no progress, nor a load that waits for agents. */
  | { tell: 'standing'; claim: number; load: string; standing: BoardedStanding }
  /** How long a test of the file of a claim has waited already, and for what; without that it waits no longer. */
  | { tell: 'wait'; claim: number; test: string; standing?: BoardedStanding }
  /** A test file has ended, and has had nothing to do with any other process. */
  | { tell: 'apart'; file: string; project: string }
  /** Asks for what an application of a project has written since a time of `systemTime`. */
  | { tell: 'log?'; project: string; application?: string; since: number }

export interface ClaimRequest {
  tell: 'claim'
  claim: number
  mode: Mode
  /** Absolute path of the test file. */
  file: string
  project: string
  /** What is to run alone. */
  load?: string
  instead?: number
}

/** Response of the coordinator to a claim. */
export type Reply = { granted: number }

/** Reads what the other end of a connection tells, line by line, until that is closed. */
export function readLines(socket: Socket, { onLine, onClose }: { onLine(line: string): void; onClose(): void }): void {
  socket.setNoDelay()
  socket.setEncoding('utf8')
  socket.on('data', lineReader(onLine))
  socket.on('close', onClose)
  // A reset is a close.
  socket.on('error', () => {})
}

const longest = 100_000

/**
 * Splits a stream into lines; each is handed on without its line break. What goes on for longer than any line does is
 * handed on as it is, for its reader to find that it is none.
 */
function lineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return chunk => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longest) lines.push(rest)
    for (const line of lines) onLine(line)
  }
}
