import type { Socket } from 'node:net'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { Progress } from '../../src/load/plan/options.ts'

/** Address of the coordinator, given to every test file. Messages without the token are refused. */
export interface CoordinatorAddress {
  port: number
  token: string
  /** Name of the Vitest project that it was given to. */
  project: string
}

/** Message of a test file: one JSON object per line. `claim` is a number chosen by the test file. */
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
  mode: 'shared' | 'exclusive'
  /** Absolute path of the test file. */
  file: string
  project: string
  /** Load that runs alone. */
  load?: string
  instead?: number
}

/** How the start of the applications of a project has ended, for its test files. */
export type Started = Record<'applications' | 'failure', readonly object[]>

/** Response of the coordinator to a claim. If a project waited for its applications, they come with it. */
export type Reply = { granted: number; started?: Started }

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
 * Splits a stream into lines without line breaks. A line longer than any valid one is passed on unchanged, so that its
 * reader reports the fault.
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

/** How what has no progress of a load stands, in words, so long after its beginning. */
export interface BoardedStanding {
  elapsed: Milliseconds
  words: string
  /** Whether a log shows it at once. */
  isNews?: boolean
}

/** State of a load test, for watchers. */
export interface BoardedLoad {
  name: string
  /** Absolute path of its test file. */
  file: string
  /** `waiting` for other test files to end their tests, or `running`. */
  state: 'waiting' | 'running'
  /** The latest, once there is one. */
  progress?: Progress
  /** How a comparison stands, or what a load waits for before it begins. */
  standing?: BoardedStanding
}
