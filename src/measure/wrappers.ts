import { basename } from 'node:path'
import { plain } from '../ground/plain.ts'
import { NOTHING_RUNS } from './probe.ts'

/** A process, and the one that it belongs to. */
interface Relative {
  pid: number
  ppid: number
}

const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'mksh', 'ash', 'fish'])

/** Programs that start another one and wait for its end. Their own memory is not that of the application. */
const RUNNERS = new Set([
  ...['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'yarnpkg', 'corepack', 'bunx'],
  ...['cross-env', 'cross-env-shell', 'dotenv', 'dotenvx', 'env-cmd', 'nodemon', 'tsx'],
  ...['sudo', 'timeout', 'tini', 'dumb-init'],
  // Supervisors, which also start it again: their child is the application, and not a worker of it.
  ...['pm2-runtime', 'supervisord', 'foreman', 'honcho', 'concurrently', 'watchexec', 'entr', 'air'],
])
const INTERPRETERS = /^(?:node|nodejs|python[\d.]*|ruby[\d.]*)$/

/** Programs that have a daemon start another, which is then no child of theirs: a container. */
const CLIENTS = new Set(['docker', 'docker-compose', 'podman', 'podman-compose', 'nerdctl', 'kubectl'])

/** Script folders of package managers: one that has such a name elsewhere may be the application. */
const INSTALLED = /\/(?:node_modules|bin|\.yarn|corepack)\//

/** How a program is called in short when it only starts another one: `npm`, `sh`. Undefined for any other. */
export function wrapperName(argv: readonly string[]): string | undefined {
  const [program = '', ...rest] = argv
  const name = basename(program).replace(/^-|:$/g, '')
  if (SHELLS.has(name) || RUNNERS.has(name)) return name
  if (name === 'busybox') return SHELLS.has(rest[0] ?? '') ? rest[0] : undefined
  if (name === 'bun') return rest[0] === 'run' || rest[0] === 'x' ? 'bun' : undefined
  if (!INTERPRETERS.test(name)) return undefined
  const script = rest.find(word => !word.startsWith('-')) ?? ''
  if (name.startsWith('node') && rest.slice(0, rest.indexOf(script)).some(word => /^--watch(?:-path|=|$)/.test(word)))
    return 'node --watch'
  if (!INSTALLED.test(script)) return undefined
  if (/\/tsx\/dist\/cli\.[cm]?js$/.test(script)) return 'tsx'
  const called = basename(script)
    .replace(/\.[cm]?js$/, '')
    .replace(/-cli$|-\d[\d.]*$/, '')
  return RUNNERS.has(called) ? called : undefined
}

/** Words in front of a script that take the next word with them. */
const TAKES_NEXT = /^(?:-r|--require|--import|--loader|--experimental-loader|-C|--conditions|-X)$/
const SCRIPT = /\.(?:[cm]?[jt]sx?|py|rb|php|pl|jar|sh)$/

/** A command in short: `node server.js`. What else stands in it may be a secret. */
export function commandName(argv: readonly string[]): string {
  const [program = '', ...rest] = argv
  const script = rest.find(
    (word, i) => !word.startsWith('-') && !TAKES_NEXT.test(rest[i - 1] ?? '') && SCRIPT.test(word),
  )
  // `nginx: master process`, as it calls itself.
  const name = basename(program).replace(/:$/, '')
  const words = script === undefined ? [name] : [name, basename(script)]
  return plain(words.join(' ')).slice(0, 60)
}

/** A command line as its words. A process that has given itself a title has that in the place of them. */
export function wordsIn(cmdline: string): string[] {
  const words = cmdline.replace(/\0+$/, '').split('\0')
  return words.length === 1 ? words[0]!.split(' ') : words
}

/** At most so many processes are named. */
const MOST_NAMED = 3

/**
 * Separates an application from the programs in front of it. From the first process on, programs that only start
 * another one are left out, and the started program is counted. Shells inside the application count. If nothing else
 * runs at the first look, a shell is the application. Clients of a container daemon are always left out, because their
 * containers run elsewhere.
 */
export class Wrappers {
  readonly #argvOf: (pid: number) => readonly string[]
  /** Processes that are not wrappers: that does not change. */
  readonly #own = new Set<number>()
  readonly #names = new Set<string>()
  readonly #roots = new Map<number, string>()
  /** Programs that have a daemon start the application. */
  readonly #clients = new Set<string>()
  /** Whether nothing else ran when it was first asked. */
  #isOff: boolean | undefined

  constructor(argvOf: (pid: number) => readonly string[]) {
    this.#argvOf = argvOf
  }

  /** Processes, by pid, that are not counted. */
  among(living: readonly Relative[]): ReadonlySet<number> {
    this.#isOff ??= living.every(({ pid }) => wrapperName(this.#argvOf(pid)) !== undefined)
    const found = this.#isOff ? new Set<number>() : this.#find(living)
    for (const { pid, ppid } of living) {
      if (found.has(pid) || this.#roots.has(pid) || this.#roots.size === MOST_NAMED) continue
      const isFirst = found.has(ppid) || !living.some(other => other.pid === ppid)
      if (isFirst) this.#roots.set(pid, commandName(this.#argvOf(pid)) || 'process')
    }
    return found
  }

  /** Reason why nothing was counted: the application is missing or cannot be seen. */
  get whyNothing(): Readonly<Record<string, string>> {
    if (this.#clients.size === 0) return { memory: NOTHING_RUNS }
    const why =
      `${[...this.#clients].join(', ')} runs here, whose containers are not among its children. ` +
      'Name an endpoint of the application, or its process: target: { prometheus } or { pid }.'
    return { memory: why, cpu: why }
  }

  /** Counted processes: `node server.js (pid 4711) and 2 children, without npm, sh`. */
  title(processes: number): string | undefined {
    if (this.#roots.size === 0) return undefined
    const roots = [...this.#roots].map(([pid, name]) => `${name} (pid ${pid})`)
    const children = processes - roots.length
    const more = children < 1 ? [] : [children === 1 ? '1 child' : `${children} children`]
    const counted = [...roots, ...more].join(' and ')
    return this.#names.size === 0 || this.#isOff ? counted : `${counted}, without ${[...this.#names].join(', ')}`
  }

  #find(living: readonly Relative[]): Set<number> {
    const pids = new Set(living.map(({ pid }) => pid))
    const parents = new Set(living.map(({ ppid }) => ppid))
    const found = new Set<number>()
    const isLeft = ({ pid, ppid }: Relative): boolean => {
      if (!found.has(pid) && !this.#own.has(pid) && this.#isClient(pid)) return true
      // One that has started nothing is in front of nothing.
      if (found.has(pid) || this.#own.has(pid) || !parents.has(pid) || (pids.has(ppid) && !found.has(ppid)))
        return false
      const name = wrapperName(this.#argvOf(pid))
      if (name !== undefined) this.#names.add(name)
      else this.#own.add(pid)
      return name !== undefined
    }
    for (let before = -1; before !== found.size; ) {
      before = found.size
      for (const one of living) if (isLeft(one)) found.add(one.pid)
    }
    return found
  }

  #isClient(pid: number): boolean {
    const name = basename(this.#argvOf(pid)[0] ?? '')
    if (!CLIENTS.has(name)) return false
    this.#clients.add(name)
    this.#names.add(name)
    return true
  }
}
