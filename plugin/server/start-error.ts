import { failed } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import { isHttp } from '../../src/load/plan/addresses.ts'
import type { Address } from './address.ts'
import { type AskOutcome, describeOutcome, isReady } from './ask.ts'
import { describeExit, type Exit } from './exit.ts'
import type { Occupant } from './occupant.ts'
import { quotedLines } from './output-tail.ts'

type Mask = (text: string) => string

/** What kept an application from starting: a sentence, or how to make it where a part is cut that has to be masked. */
export type StartFault = string | ((mask: Mask) => string)

/** The application could not be started. Nothing of it is left when this is thrown. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError'
  /** The message without the log. */
  readonly headline: string
  /** The last lines that the application wrote, marked as such, below a heading; empty where it wrote none. */
  readonly log: readonly string[]
  readonly #fault: StartFault
  readonly #output: string | undefined

  /** @param output what the application wrote, if it came to run. */
  constructor(fault: StartFault, output?: string, mask: Mask = text => text) {
    const lines = output === undefined ? [] : quotedLines(mask(output))
    const found = typeof fault === 'string' ? mask(fault) : fault(mask)
    const isSilent = output !== undefined && lines.length === 0
    const headline = isSilent ? `${found}\nThe application wrote nothing.` : found
    const log = lines.length === 0 ? [] : ['Last output of the application:', ...lines]
    super(log.length === 0 ? headline : [headline, '', ...log].join('\n'))
    this.headline = headline
    this.log = log
    this.#fault = fault
    this.#output = output
    // Where in this package it was thrown says nothing to whoever reads it.
    this.stack = stackOf(this.name, this.message)
  }

  /** The same without secrets: they are hidden before anything is cut. */
  masked(mask: Mask): ServerStartError {
    return new ServerStartError(this.#fault, this.#output, mask)
  }
}

/* ---- what was found, and what to do ---- */

/** What was to be started: its command, and its name where it is one of several. */
type Started = Pick<Address, 'name' | 'command' | 'url' | 'readyCommand'>

export function exitedEarly(app: Started, exit: Exit): string {
  const { command } = app
  const { code } = exit
  // What POSIX shells return for a command that they do not know, or may not run.
  if (code === 127) return couldNot(app, 'the shell found no such command (exit code 127)', adviceForMissing(command))
  if (code === 126) return couldNot(app, 'the shell may not run it (exit code 126)', 'Make the file executable.')
  if (code === 0) {
    const advice =
      'Give a command that stays in the foreground: without "&", "-d" or "--detach", and no build step alone.'
    return couldNot(app, `it ended, without an error, before ${readySign(app)}`, advice)
  }
  const advice = 'Its output says why, or run the command by hand.'
  return couldNot(app, `it ${describeExit(exit)} before ${readySign(app)}`, advice)
}

/** The sign of being ready, as the end of a sentence. */
function readySign({ url, readyCommand }: Started): string {
  if (readyCommand !== undefined) return `"${readyCommand}" exited with code 0`
  return isHttp(url) ? `${url} responded` : `${url} accepted a connection`
}

/** Of one that had responded, and was gone when the others did. */
export function endedMeanwhile(app: Started, exit: Exit): string {
  const found = `it responded, and then ${describeExit(exit)} before the tests began`
  return couldNot(app, found, 'Its output says why. Give a command that stays in the foreground.')
}

export function neverReady(app: Started, timeout: Milliseconds, last: AskOutcome | undefined): string {
  const { url, readyCommand } = app
  const speaksHttp = isHttp(url)
  const seen = last === undefined ? 'no attempt came to an end' : `at last ${describeOutcome(last, speaksHttp)}`
  const missed =
    readyCommand !== undefined
      ? `"${readyCommand}" did not exit with code 0`
      : speaksHttp
        ? `${url} did not respond with a status below 500`
        : `${url} did not accept a connection`
  const found = `it never became ready: ${missed} within ${formatMs(timeout)}, ${seen}`
  if (readyCommand !== undefined) {
    const advice = 'Run that command by hand while the application runs, correct "ready.command", or raise "timeout".'
    return couldNot(app, found, advice)
  }
  const refused = last === undefined || last.kind === 'refused'
  const advice = refused
    ? 'Make it listen at that host and port ({port} in "command", or the environment variable PORT), or raise ' +
      '"timeout".'
    : speaksHttp
      ? 'Point "url" at a page that responds once it is ready, or raise "timeout".'
      : 'Its output may say why. Correct "ready", or raise "timeout".'
  return couldNot(app, found, advice)
}

export function portInUse(app: Started, port: number, occupant: Occupant | undefined, outcome: AskOutcome): StartFault {
  const who = (mask: Mask) =>
    occupant === undefined ? 'another process' : `process ${occupant.pid} (${shorten(mask(occupant.command))})`
  const software = outcome.kind === 'status' && outcome.server ? `, server ${outcome.server}` : ''
  const reuse = isReady(outcome) ? ', or set "reuseExisting: true" to test what runs there' : ''
  const advice = `End that process, or write {port} in "url" and "command" to get a free port${reuse}.`
  const asked = `asked for ${app.url}, ${describeOutcome(outcome, isHttp(app.url))}${software}`
  return mask => mask(couldNot(app, `port ${port} is in use by ${who(mask)}; ${asked}`, advice))
}

export function noDirectory(app: Started, cwd: string): string {
  return couldNot(app, `there is no directory ${cwd}`, 'Correct "cwd"; it is relative to the project\'s root.')
}

export function couldNot({ name, command }: Started, found: string, advice: string): string {
  if (name === undefined) return failed('start the application', `"${command}"`, found, advice)
  return failed('start', `application "${name}", which is "${command}"`, found, advice)
}

function adviceForMissing(command: string): string {
  const words = command.trim().split(/\s+/)
  const program = words.find(word => !/^\w+=/.test(word)) ?? command
  return `Correct or install "${program}"; for a tool of the project write "npx ${program}".`
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
