import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { given } from '../../src/ground/given.ts'
import { sleep } from '../../src/ground/timers.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { isHttp } from '../../src/load/plan/addresses.ts'
import { type Address, addressOf, originOf, type Surroundings } from './address.ts'
import { type AskOutcome, askOnce, connectOnce, isReady } from './ask.ts'
import type { Exit } from './exit.ts'
import { probeFolder, withProbe } from './node-probe.ts'
import { type Occupant, occupantOf } from './occupant.ts'
import type { ResolvedServerOptions } from './options.ts'
import { runReadyCommand } from './ready-command.ts'
import {
  couldNot,
  exitedEarly,
  neverReady,
  noDirectory,
  portInUse,
  ServerStartError,
  type StartFault,
} from './start-error.ts'
import { isBeingEnded, type SupervisedCommand, supervise } from './supervised.ts'

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
  /** The folder in which its Node processes tell of themselves, if the probe was asked for. */
  probe?: string
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
 * Starts an application and waits until it responds. Until `stop`, it is tied to this process by a supervisor, which
 * ends it as `stop` does when this process has ended, whatever ended that. Rejects with a {@link ServerStartError}, and
 * then nothing of it is left.
 * @param supervisorFile the built supervisor, when it is not beside this module.
 * @param signal gives the start up; then this rejects with its reason, as soon as nothing is left.
 * @param around where it is one of several that are started by the same options.
 */
export async function startServer(
  options: ResolvedServerOptions,
  supervisorFile?: string,
  signal?: AbortSignal,
  around?: Surroundings,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const address = await addressOf(options, around)
    const existing = address.isFree ? undefined : await useExisting(address, options, supervisorFile)
    if (existing !== undefined) return existing
    if (!existsSync(options.cwd)) throw new ServerStartError(noDirectory(address, options.cwd))
    const probe = options.probe ? probeFolder() : undefined
    const command = await launch(address, options, probe, supervisorFile)
    const failure = await untilReady(command, address, options, supervisorFile, signal)
    if (failure === undefined) return given({ ...started(command, address), probe })
    await command.stop(grace)
    signal?.throwIfAborted()
    // Somebody else was faster at the port that was free a moment ago.
    if (address.isFree && attempt < 3 && /EADDRINUSE|address already in use/i.test(command.output())) continue
    throw new ServerStartError(failure, command.output())
  }
}

/** What is at a fixed port already: nothing, an application to use, or somebody in the way. */
async function useExisting(
  address: Address,
  options: ResolvedServerOptions,
  supervisorFile: string | undefined,
): Promise<RunningServer | undefined> {
  const { url, port } = address
  let outcome: AskOutcome
  let occupant: Occupant | undefined
  let isLeaving: boolean
  const until = performance.now() + grace + 3000
  do {
    const before = occupantOf(port)
    // The application of a run before, which was interrupted, may take its time to shut down.
    isLeaving = before !== undefined && isBeingEnded(before.pid)
    outcome = await reach(address, 2000)
    if (outcome.kind === 'refused') return undefined
    if (address.readyCommand !== undefined) outcome = await runReadyCommand(address, options, 10_000, supervisorFile)
    occupant = occupantOf(port)
    // One that ended while it was asked has left a broken connection: what counts is what is there afterwards.
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

async function launch(
  address: Address,
  { cwd }: ResolvedServerOptions,
  probe: string | undefined,
  supervisorFile: string | undefined,
): Promise<SupervisedCommand> {
  try {
    const env =
      probe === undefined ? address.env : withProbe(address.env, probe, supervisorFile && dirname(supervisorFile))
    return await supervise(
      { ...address, env, cwd, scratch: [probe, address.dir].filter(folder => folder !== undefined), grace },
      supervisorFile,
    )
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new ServerStartError(couldNot(address, found, 'Check that a shell can be started here.'))
  }
}

/**
 * Polls until there is a response, and says what went wrong when there is none. What responds may be another process,
 * which took the port just before the application, and may be gone by now. It counts as the application's only while
 * the command lives on without it, as one does whose listener belongs to a daemon (`docker compose up`).
 */
async function untilReady(
  command: SupervisedCommand,
  address: Address,
  options: ResolvedServerOptions,
  supervisorFile: string | undefined,
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
      : runReadyCommand(address, options, patience, supervisorFile, gone.signal)
  const deadline = performance.now() + timeout
  let last: AskOutcome | undefined
  let other: { by: Occupant; since: Milliseconds } | undefined
  for (let left = timeout; left > 0; left = deadline - performance.now()) {
    const outcome = await ask(Math.min(left, 10_000))
    if (signal?.aborted) return 'it was given up'
    if (exit !== undefined) return exitedEarly(address, exit)
    // What was asked just before the time was over, and cut by it, says less than the response before it.
    const isCut = performance.now() >= deadline && (outcome?.kind === 'no response' || outcome?.kind === 'not ready')
    if (outcome !== undefined && !(isCut && (last?.kind === 'status' || last?.kind === 'not ready'))) last = outcome
    if (last !== undefined && isReady(last)) {
      const by = occupantOf(port)
      if (by !== undefined && command.owns(by.pid)) return undefined
      if (by === undefined) {
        // One that cannot be seen belongs to somebody else (a daemon of root's), or responded and is gone.
        const again = await ask(settling)
        if (exit !== undefined || signal?.aborted) continue
        last = again ?? last
        if (isReady(last) && occupantOf(port) === undefined) return undefined
      } else {
        other = other?.by.pid === by.pid ? other : { by, since: performance.now() }
        if (performance.now() - other.since >= settling) return undefined
      }
    } else other = undefined
    await Promise.race([sleep(Math.min(readyCommand === undefined ? 50 : 200, left)), over])
  }
  if (other !== undefined && last !== undefined) return portInUse(address, port, other.by, last)
  return neverReady(address, timeout, last)
}

/** One attempt to reach an application at its address. */
const reach = ({ url, port }: Address, timeout: Milliseconds): Promise<AskOutcome> =>
  isHttp(url) ? askOnce(url, timeout) : connectOnce(port, timeout)

function started(command: SupervisedCommand, { url, port }: Address): RunningServer {
  command.unref()
  const listener = occupantOf(port)?.pid
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
