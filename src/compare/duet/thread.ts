import { Worker } from 'node:worker_threads'
import { failure } from '../../ground/fault.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { atMost } from '../../load/run/pool.ts'
import { builtFile } from '../../load/run/worker-file.ts'
import type { DuetTask, FromDuetThread, PairResult, PairTask, ToDuetThread } from '../../load/thread/duet/protocol.ts'
import { realClock } from '../../measure/clock.ts'

/** A thread that says nothing for so long is stuck: no block, round of a warm-up or wait for inputs takes as long. */
const SILENCE: Milliseconds = 70_000
/** Maximum time to end a cancelled pair. */
const STOP_GRACE: Milliseconds = 1_000

type Ask = Extract<FromDuetThread, { type: 'ask' }>

/** The load thread of a comparison. It does not keep its process from ending while it has nothing to do. */
export class DuetThread {
  readonly #worker: Worker
  readonly #gone: Promise<never>
  readonly #ready: Promise<void>
  #onMessage: (message: FromDuetThread) => void = () => {}
  isGone = false

  constructor(task: DuetTask, file = builtFile('duet-worker.js', { verb: 'start', thing: 'the load thread' })) {
    this.#worker = new Worker(file, { workerData: task })
    this.#gone = new Promise((_, reject) => {
      this.#worker.once('error', error => reject(lost((error as Error).message, error)))
      this.#worker.once('exit', () => {
        this.isGone = true
        reject(lost('it exited'))
      })
    })
    this.#gone.catch(() => {})
    this.#ready = new Promise(resolve => {
      this.#worker.on('message', (message: FromDuetThread) => {
        if (message.type === 'ready') resolve()
        this.#onMessage(message)
      })
    })
  }

  /** Resolves when it could begin; rejects when it is gone, and with the reason of the signal, which ends it. */
  async ready(signal?: AbortSignal): Promise<void> {
    let onAbort = () => {}
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal!.reason)
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      await Promise.race([this.#ready, this.#gone, aborted])
    } catch (error) {
      await this.end()
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
    this.#worker.unref()
  }

  send(message: ToDuetThread): void {
    this.#worker.postMessage(message)
  }

  /** Loads a pair of launches. Rejects when the thread is lost, and for a fault of ours in it. */
  async play(task: PairTask, onAsk: (ask: Ask) => void): Promise<PairResult> {
    this.#worker.ref()
    let callOff = () => {}
    try {
      const played = new Promise<PairResult>((resolve, reject) => {
        const wait = () => {
          callOff()
          callOff = realClock.after(SILENCE, () => {
            reject(lost(`it had been stuck for ${formatMs(SILENCE)}`))
            void this.end()
          })
        }
        wait()
        this.#onMessage = message => {
          wait()
          if (message.type === 'ask') onAsk(message)
          else if (message.type === 'pair') resolve(message.result)
          else if (message.type === 'fault') reject(message.error)
        }
        this.send({ type: 'pair', task })
      })
      return await Promise.race([played, this.#gone])
    } finally {
      callOff()
      this.#onMessage = () => {}
      this.#worker.unref()
    }
  }

  /** Ends the current pair. If that takes too long, it ends the thread. */
  async stop(played: Promise<unknown>): Promise<void> {
    this.send({ type: 'stop' })
    let isOver = false
    const over = () => {
      isOver = true
    }
    await atMost(STOP_GRACE, played.then(over, over))
    if (!isOver) await this.end()
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

function lost(found: string, cause?: unknown): Error {
  const advice = 'Look for a loop without end or slow work in criteria and outputs.'
  return failure('compare', 'base and head', `the load thread was lost: ${found}`, advice, { cause })
}
