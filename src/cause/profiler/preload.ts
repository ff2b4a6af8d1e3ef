import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { threadId } from 'node:worker_threads'
import { HeapWatch } from './heap.ts'
import { addSources, attempt } from './positions.ts'
import {
  type Answer,
  type Ask,
  type CpuProfile,
  FOLDER_VARIABLE,
  HEAP_VARIABLE,
  runningFile,
  SAMPLING,
  socketOf,
  threadName,
} from './protocol.ts'

/*
 * Loaded into the Node processes of an application before their own code (`--import`), and into their worker threads.
 * Each thread listens at a socket, and profiles itself from `start` to `stop`.
 */

const folder = process.env[FOLDER_VARIABLE]

/** Native modules of profilers: two at a time disturb each other. */
const OTHERS = /(?:dd_pprof|sentry_cpu_profiler|pyroscope|[\\/]pprof)[^\\/]*\.node$/m

/** Why this process is not profiled; undefined if it can be. */
function hindrance(): string | undefined {
  const words = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  const flag = /--(?:cpu-prof|prof|inspect)\b/.exec(words)?.[0]
  if (flag !== undefined) return `it was started with ${flag}`
  if (process.permission !== undefined) return 'it runs with --permission, under which Node.js profiles nothing'
  // Names of all connections would be looked up.
  Object.assign(process.report ?? {}, { excludeNetwork: true })
  const { sharedObjects = [] } = (process.report?.getReport() ?? {}) as { sharedObjects?: string[] }
  const other = OTHERS.exec(sharedObjects.join('\n'))?.[0]
  return other === undefined ? undefined : `another profiler is loaded (${other})`
}

class Profiler {
  readonly #file: string
  #heap: HeapWatch | undefined
  #session: Session | undefined

  constructor(file: string) {
    this.#file = file
  }

  start(): Answer {
    if (this.#session !== undefined) return {}
    const refused = hindrance()
    if (refused !== undefined) return { refused }
    const session = new Session()
    session.connect()
    session.post('Profiler.enable')
    session.post('Profiler.setSamplingInterval', { interval: SAMPLING * 1_000 })
    session.post('Profiler.start')
    this.#session = session
    return {}
  }

  /** Begins to watch allocations. */
  watch(): Answer {
    const refused = this.#heap === undefined ? hindrance() : undefined
    if (refused !== undefined) return { refused }
    this.#heap ??= new HeapWatch(new Session())
    return {}
  }

  /** Writes what the heap holds. */
  heap(): Answer {
    const { refused } = this.watch()
    if (refused !== undefined || this.#heap === undefined) return { refused: refused ?? 'its heap is not watched' }
    writeFileSync(`${this.#file}.heap`, JSON.stringify(this.#heap.read()))
    return {}
  }

  /** Writes what was seen. Sessions of the same thread respond before `post` returns. */
  stop(): Answer {
    const session = this.#session
    if (session === undefined) return { refused: 'its profiler was not started' }
    this.#session = undefined
    let answer: Answer = { refused: 'its profiler did not respond' }
    session.post('Profiler.stop', (error, result) => {
      answer = error === null ? {} : { refused: error.message }
      if (error !== null) return
      const profile = result.profile as CpuProfile
      addSources(profile.nodes)
      writeFileSync(`${this.#file}.cpuprofile`, JSON.stringify(profile))
    })
    session.disconnect()
    return answer
  }
}

function listen(folder: string, name: string): void {
  const profiler = new Profiler(join(folder, name))
  const respond = (line: Ask): Answer => {
    try {
      return profiler[line]()
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) }
    }
  }
  const path = socketOf(folder, name)
  const server = createServer(socket => {
    socket.unref()
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) socket.write(`${JSON.stringify(respond(line as Ask))}\n`)
    })
  })
  // The application runs without it, too.
  server.on('error', () => {})
  // Without a right to write, it still listens, and tells why it has no profile.
  attempt(() => mkdirSync(folder, { recursive: true }))
  if (process.platform === 'win32') attempt(() => writeFileSync(join(folder, `${name}.sock`), ''))
  else attempt(() => rmSync(path, { force: true }))
  attempt(() => existsSync(runningFile(folder)) && respond('start'))
  if (process.env[HEAP_VARIABLE] === '1') {
    // A function that is compiled into its caller would have no frame where it allocates.
    attempt(() => setFlagsFromString('--no-turbo-inlining'))
    attempt(() => setFlagsFromString('--no-maglev-inlining'))
    attempt(() => profiler.watch())
  }
  server.listen(path)
  server.unref()
  process.on('exit', () => {
    if (existsSync(runningFile(folder))) respond('stop')
    attempt(() => rmSync(join(folder, `${name}.sock`), { force: true }))
  })
}

if (folder !== undefined && folder !== '') listen(folder, threadName(process.pid, threadId))
