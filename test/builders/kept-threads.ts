import { Tinypool } from 'tinypool'
import { beforeAll } from 'vitest'
import { workerFile } from '../../src/load/run/worker-file.ts'

const real = {
  run: Tinypool.prototype.run,
  destroy: Tinypool.prototype.destroy,
  threads: Object.getOwnPropertyDescriptor(Tinypool.prototype, 'threads')!,
}

/**
 * Lets the loads of a test file have one another's threads: to start one takes five times what a load of one iteration
 * does in it. They are threads as ever, but not new ones; what becomes of threads that end is for files that do not
 * call this. In a `describe` it is for the loads in there. Returns how many threads there are.
 */
export function keepThreads(): () => number {
  let kept: Tinypool | undefined
  beforeAll(() => {
    const pool = new Tinypool({ filename: workerFile(), minThreads: 0, maxThreads: 16, idleTimeout: 60_000 })
    pool.on('error', () => {})
    kept = pool
    Tinypool.prototype.run = (...args) => real.run.apply(pool, args)
    Tinypool.prototype.destroy = async () => {}
    Object.defineProperty(Tinypool.prototype, 'threads', { configurable: true, get: () => [] })
    return async () => {
      Tinypool.prototype.run = real.run
      Tinypool.prototype.destroy = real.destroy
      Object.defineProperty(Tinypool.prototype, 'threads', real.threads)
      kept = undefined
      await pool.destroy()
    }
  })
  return () => (kept ? real.threads.get!.call(kept).length : 0)
}
