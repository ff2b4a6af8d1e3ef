import { Tinypool } from 'tinypool'
import { beforeAll } from 'vitest'
import { workerFile } from '../../src/load/worker-file.ts'

const real = {
  run: Tinypool.prototype.run,
  destroy: Tinypool.prototype.destroy,
  threads: Object.getOwnPropertyDescriptor(Tinypool.prototype, 'threads')!,
}

/**
 * Lets the loads of a test file have one another's threads: to start one takes five times what a load of one iteration does in it.
 * They are threads as ever, but not new ones; what becomes of threads that end is for files that do not call this.
 */
export function keepThreads(): void {
  beforeAll(() => {
    const kept = new Tinypool({ filename: workerFile(), minThreads: 0, maxThreads: 16, idleTimeout: 60_000 })
    kept.on('error', () => {})
    Tinypool.prototype.run = (...args) => real.run.apply(kept, args)
    Tinypool.prototype.destroy = async () => {}
    Object.defineProperty(Tinypool.prototype, 'threads', { configurable: true, get: () => [] })
    return async () => {
      Tinypool.prototype.run = real.run
      Tinypool.prototype.destroy = real.destroy
      Object.defineProperty(Tinypool.prototype, 'threads', real.threads)
      await kept.destroy()
    }
  })
}
