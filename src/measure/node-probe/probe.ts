import { failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import type { Probe, Reading } from '../probe.ts'
import type { NodeUsage } from '../report.ts'
import { NodeProbe } from './client.ts'

const NOBODY =
  'no process of the application has the probe loaded. It takes Node.js 18.19 or later, started with the ' +
  'NODE_OPTIONS that it is given.'

/** Asked at every second look: but for the heap, what happens between two is not lost. */
const EVERY = 2

/**
 * A process tree, and what the Node processes in it tell of themselves. A busy process tells late: the look does not
 * wait for it, and has what was told before.
 */
export class NodeProcessTree implements Probe {
  readonly subject: string
  readonly #tree: Probe
  readonly #node: NodeProbe
  #told: NodeUsage | undefined
  #asked: Promise<void> | undefined
  #looks = 0
  #leftOut: ReadonlySet<number> = new Set()
  #living: ReadonlySet<number> = new Set()

  /** @param folder where the processes listen. */
  constructor(tree: Probe, folder: string) {
    this.subject = tree.subject
    this.#tree = tree
    this.#node = new NodeProbe(folder)
  }

  async sample(): Promise<Reading> {
    const reading = await this.#tree.sample()
    this.#leftOut = new Set(reading.leftOut)
    this.#living = new Set(reading.pids)
    if (this.#looks++ % EVERY === 0) this.#asked ??= this.#ask()
    const { odd } = this.#node
    const advice = 'Its code may have replaced what the probe reads.'
    const wrong = odd === undefined ? undefined : { node: failed('measure', this.subject, odd, advice) }
    return given({ ...reading, wrong, ...(this.#told ? { node: this.#told } : { missing: { node: NOBODY } }) })
  }

  title(processes: number): string | undefined {
    return this.#tree.title?.(processes)
  }

  mark(): void {
    this.#told = undefined
    void this.#node.mark()
  }

  async settle(): Promise<NodeUsage | undefined> {
    await this.#asked
    // A process that does not respond now never will.
    this.#living = new Set()
    await this.#ask()
    return this.#told
  }

  close(): void {
    this.#node.close()
  }

  async #ask(): Promise<void> {
    this.#told = (await this.#node.read(this.#leftOut, pid => this.#living.has(pid))) ?? this.#told
    this.#asked = undefined
  }
}
