import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { HEAP_VARIABLE } from '../../src/cause/profiler/protocol.ts'
import { isThere } from '../../src/compare/base/owner.ts'
import { failed } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'
import { sleep } from '../../src/ground/timers.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import { isHttp } from '../../src/load/plan/addresses.ts'
import { type Address, addressOf, originOf, type Surroundings, temporaryFolder, withScript } from './address.ts'
import { type AskOutcome, askOnce, connectOnce, describeOutcome, isReady } from './ask.ts'
import type { ResolvedServerOptions } from './options.ts'
import { describeExit, type Exit, lastLines, quotedLines } from './output-tail.ts'
import { type PortOwner, portOwnerOf } from './port-owner.ts'
import { environmentOf, MARK } from './process-family.ts'
import { type SupervisedCommand, supervise } from './supervised.ts'

/** An application that responds. */
export interface RunningServer {
  /** URL as in the options, with the port filled in. */
  url: string
  /** `http://127.0.0.1:4711` */
  origin: string
  /** The shell's, or that of a reused application's listener; measure the whole tree. Unknown for some reused ones. */
  pid: number | undefined
  /** The process that listens, where it is one of the command's. */
  listener: number | undefined
  /** Folder for the figures of its Node processes, if the probe is enabled. */
  probe?: string
  /** Folder for the profiles of their threads, if they are profiled. */
  profiles?: string
  /** Whether it was there before. */
  reused: boolean
  /** Resolves if and when an application that was started here has ended, by itself or by `stop`. */
  ended: Promise<Exit>
  /**
   * SIGTERM, after 5 s SIGKILL, to the whole process tree. Leaves a reused application alone.
   * @param patience instead of the 5 s; 0 also ends the waiting of a call before.
   */
  stop(patience?: Milliseconds): Promise<void>
  /**
   * The last 64,000 characters it wrote.
   * @param since a time of `systemTime`: only what it wrote after that.
   */
  output(since?: Milliseconds): string
}

const grace: Milliseconds = 5000

/** How long a command that lost its port to another process has to find that out, as by EADDRINUSE, and to end. */
const settling: Milliseconds = 2000

/**
 * Starts an application and waits until it responds. Until `stop`, a supervisor ties it to this process and stops it if
 * this process ends for any reason. Rejects with a {@link ServerStartError}, after which nothing of it is left.
 * @param signal cancels the start; it then rejects with its reason, as soon as nothing is left.
 * @param around set if several applications start by the same options.
 */
export async function startServer(
  options: ResolvedServerOptions,
  signal?: AbortSignal,
  around?: Surroundings,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const address = await addressOf(options, around)
    const existing = address.isFree ? undefined : await useExisting(address, options)
    if (existing !== undefined) return existing
    if (!existsSync(options.cwd)) throw new ServerStartError(noDirectory(address, options.cwd))
    const folders = {
      probe: options.probe ? temporaryFolder() : undefined,
      profiles: options.profilers === undefined ? undefined : temporaryFolder(),
    }
    const command = await launch(address, options, folders)
    const failure = await untilReady(command, address, options, signal)
    if (failure === undefined) return { ...started(command, address), ...folders }
    await command.stop(grace)
    signal?.throwIfAborted()
    // Another process took the port that was free a moment ago.
    if (address.isFree && attempt < 3 && /EADDRINUSE|address already in use/i.test(command.output())) continue
    throw new ServerStartError(failure, command.output())
  }
}

/** State of a fixed port: free, an application to reuse, or another process. */
async function useExisting(address: Address, options: ResolvedServerOptions): Promise<RunningServer | undefined> {
  const { url, port } = address
  let outcome: AskOutcome
  let occupant: PortOwner | undefined
  let isLeaving: boolean
  const until = performance.now() + grace + 3000
  do {
    const before = portOwnerOf(port)
    // The application of a run before, which was interrupted, may take its time to shut down.
    isLeaving = before !== undefined && isBeingEnded(before.pid)
    outcome = await reach(address, 2000)
    if (outcome.kind === 'refused') return undefined
    if (address.readyCommand !== undefined) outcome = await runReadyCommand(address, options, 10_000)
    occupant = portOwnerOf(port)
    // A process that ended during the request leaves a broken connection. The state afterwards counts.
    isLeaving ||= before !== undefined && before.pid !== occupant?.pid
    if (isLeaving) await sleep(50)
  } while (isLeaving && performance.now() < until)
  if (!options.reuseExisting || !isReady(outcome))
    throw new ServerStartError(portInUse(address, port, occupant, outcome))
  return {
    url,
    origin: originOf(url),
    pid: occupant?.pid,
    listener: occupant?.pid,
    reused: true,
    ended: new Promise(() => {}),
    stop: async () => {},
    output: () => '',
  }
}

/**
 * Whether a process is supervised for one that has ended, so that it is about to be ended as well. Known on Linux only.
 */
function isBeingEnded(pid: number): boolean {
  const mark = environmentOf(pid).find(variable => variable.startsWith(`${MARK}=`))
  const owner = Number(mark?.slice(MARK.length + 1).split(' ')[0])
  return owner > 0 && !isThere(owner)
}

async function launch(
  address: Address,
  { cwd, profilers }: ResolvedServerOptions,
  { probe, profiles }: Pick<RunningServer, 'probe' | 'profiles'>,
): Promise<SupervisedCommand> {
  try {
    const probed = withScript(address.env, 'node-probe.js', probe)
    const profiled = withScript(probed, 'node-profiler.js', profiles)
    const env = profilers === 'heap' ? { ...profiled, [HEAP_VARIABLE]: '1' } : profiled
    const scratch = [probe, profiles, address.dir].filter(folder => folder !== undefined)
    return await supervise({ ...address, env, cwd, scratch, grace })
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new ServerStartError(couldNot(address, found, 'Check that a shell can be started here.'))
  }
}

/**
 * Polls until there is a response, and reports the last failure. Another process may have taken the port before the
 * application and may be gone by now. It counts as the application's only if the command lives on without a listener,
 * as with a daemon (`docker compose up`).
 */
async function untilReady(
  command: SupervisedCommand,
  address: Address,
  options: ResolvedServerOptions,
  signal: AbortSignal | undefined,
): Promise<StartFault | undefined> {
  const { port, readyCommand } = address
  const { timeout } = options
  let exit: Exit | undefined
  const ended = command.ended.then(how => {
    exit = how
  })
  const over = Promise.race([ended, ...(signal ? [once(signal, 'abort').then(() => undefined)] : [])])
  const gone = new AbortController()
  void over.then(() => gone.abort())
  const ask = (patience: Milliseconds) =>
    readyCommand === undefined
      ? Promise.race([reach(address, patience), over])
      : runReadyCommand(address, options, patience, gone.signal)
  const deadline = performance.now() + timeout
  let last: AskOutcome | undefined
  let other: { by: PortOwner; since: Milliseconds } | undefined
  for (let left = timeout; left > 0; left = deadline - performance.now()) {
    const outcome = await ask(Math.min(left, 10_000))
    if (signal?.aborted) return 'it was given up'
    if (exit !== undefined) return exitedEarly(address, exit)
    // A request that was cut by the deadline says less than the response before it.
    const isCut = performance.now() >= deadline && (outcome?.kind === 'no response' || outcome?.kind === 'not ready')
    if (outcome !== undefined && !(isCut && (last?.kind === 'status' || last?.kind === 'not ready'))) last = outcome
    if (last !== undefined && isReady(last)) {
      const by = portOwnerOf(port)
      if (by !== undefined && command.owns(by.pid)) return undefined
      if (by === undefined) {
        // An invisible process belongs to another user (a daemon of root), or has responded and ended.
        const again = await ask(settling)
        if (exit !== undefined || signal?.aborted) continue
        last = again ?? last
        if (isReady(last) && portOwnerOf(port) === undefined) return undefined
      } else {
        other = other?.by.pid === by.pid ? other : { by, since: performance.now() }
        if (performance.now() - other.since >= settling) return undefined
      }
    } else other = undefined
    // Often at first: a tenth of the time that it takes is not noticed.
    const pause = readyCommand === undefined ? Math.min(50, 5 + (timeout - left) / 10) : 200
    await Promise.race([sleep(Math.min(pause, left)), over])
  }
  if (other !== undefined && last !== undefined) return portInUse(address, port, other.by, last)
  return neverReady(address, timeout, last)
}

/** One attempt to reach an application at its address. */
const reach = ({ url, port }: Address, timeout: Milliseconds): Promise<AskOutcome> =>
  isHttp(url) ? askOnce(url, timeout) : connectOnce(port, timeout)

function started(command: SupervisedCommand, { url, port }: Address): RunningServer {
  command.unref()
  const listener = portOwnerOf(port)?.pid
  return {
    url,
    origin: originOf(url),
    pid: command.pid,
    listener: listener !== undefined && command.owns(listener) ? listener : undefined,
    reused: false,
    ended: command.ended,
    stop: (patience = grace) => command.stop(patience),
    output: since => command.output(since),
  }
}

/**
 * Runs the command that says whether an application is ready, once. Nothing of it is left afterwards. Never rejects.
 *
 * @param signal ends it.
 */
async function runReadyCommand(
  { readyCommand: command = '', env }: Address,
  { cwd }: ResolvedServerOptions,
  timeout: Milliseconds,
  signal?: AbortSignal,
): Promise<AskOutcome> {
  const limit = AbortSignal.timeout(Math.ceil(timeout))
  const over = signal === undefined ? limit : AbortSignal.any([limit, signal])
  try {
    const run = await supervise({ command, cwd, env, grace: 0 })
    const stop = () => void run.stop(0)
    if (over.aborted) stop()
    else over.addEventListener('abort', stop, { once: true })
    const exit = await run.ended
    over.removeEventListener('abort', stop)
    if (exit.code === 0) return { kind: 'ready' }
    const how = over.aborted ? 'did not end' : describeExit(exit)
    const [line] = lastLines(run.output(), 1)
    return { kind: 'not ready', found: line === undefined ? `it ${how}` : `it ${how} and wrote "${line.trim()}"` }
  } catch (error) {
    return { kind: 'not ready', found: `it could not be run (${(error as Error).message})` }
  }
}

type Mask = (text: string) => string

/** Reason why an application did not start: a sentence, or a function that makes it with masked output. */
type StartFault = string | ((mask: Mask) => string)

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
    // A stack of this package would not help the reader.
    this.stack = stackOf(this.name, this.message)
  }

  /** Masked copy. Secrets are replaced before text is cut. */
  masked(mask: Mask): ServerStartError {
    return new ServerStartError(this.#fault, this.#output, mask)
  }
}

/* ---- what was found, and what to do ---- */

/** Started application: its command, and its name if there are several. */
type Started = Pick<Address, 'name' | 'command' | 'url' | 'readyCommand'>

function exitedEarly(app: Started, exit: Exit): string {
  const { command } = app
  const { code } = exit
  // Exit codes of POSIX shells for a command that is unknown or not permitted.
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

/** Message for an application that had responded and ended before the others responded. */
export function endedMeanwhile(app: Started, exit: Exit): string {
  const found = `it responded, and then ${describeExit(exit)} before the tests began`
  return couldNot(app, found, 'Its output says why. Give a command that stays in the foreground.')
}

function neverReady(app: Started, timeout: Milliseconds, last: AskOutcome | undefined): string {
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
    const advice = 'Run that command by hand while the application runs, correct "ready", or raise "timeout".'
    return couldNot(app, found, advice)
  }
  const refused = last === undefined || last.kind === 'refused'
  const advice = refused
    ? 'Make it listen at that host and port ({port} in "command", or the environment variable PORT), or raise ' +
      '"timeout".'
    : speaksHttp
      ? 'Point "url" at a page that responds once it is ready, or raise "timeout".'
      : 'Its output may say why. Correct "url", or raise "timeout".'
  return couldNot(app, found, advice)
}

export function portInUse(
  app: Started,
  port: number,
  occupant: PortOwner | undefined,
  outcome: AskOutcome,
): StartFault {
  const who = (mask: Mask) =>
    occupant === undefined ? 'another process' : `process ${occupant.pid} (${shorten(mask(occupant.command))})`
  const software = outcome.kind === 'status' && outcome.server ? `, server ${outcome.server}` : ''
  const reuse = isReady(outcome) ? ', or set "reuseExisting: true" to test what runs there' : ''
  const advice = `End that process, or write {port} in "url" and "command" to get a free port${reuse}.`
  const asked = `asked for ${app.url}, ${describeOutcome(outcome, isHttp(app.url))}${software}`
  return mask => mask(couldNot(app, `port ${port} is in use by ${who(mask)}; ${asked}`, advice))
}

function noDirectory(app: Started, cwd: string): string {
  return couldNot(app, `there is no directory ${cwd}`, 'Correct "cwd"; it is relative to the project\'s root.')
}

function couldNot({ name, command }: Started, found: string, advice: string): string {
  if (name === undefined) return failed('start the application', `"${command}"`, found, advice)
  return failed('start', `application "${name}", which is "${command}"`, found, advice)
}

function adviceForMissing(command: string): string {
  const words = command.trim().split(/\s+/)
  const program = words.find(word => !/^\w+=/.test(word)) ?? command
  return `Correct or install "${program}"; for a tool of the project write "npx ${program}".`
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
