import type { Milliseconds } from '../../src/ground/units.ts'
import type { Clock } from '../../src/measure/clock.ts'

/** A server whose answers may depend on what comes after: it calls `done` when a request is answered. */
export interface Server {
  serve(done: () => void): void
}

export type MakeServer = (clock: Clock, random: () => number) => Server

/** So many workers and one queue, first come first served; `service` draws how long a worker takes for a request. */
function workersServer(
  workers: number,
  service: (random: () => number) => Milliseconds,
  /** When work begun now, which takes so long, ends. */
  endOf: (now: Milliseconds, work: Milliseconds) => Milliseconds = (now, work) => now + work,
): MakeServer {
  return (clock, random) => {
    const queue: (() => void)[] = []
    let busy = 0
    const begin = (done: () => void) => {
      busy++
      const now = clock.now()
      clock.after(endOf(now, service(random)) - now, () => {
        busy--
        const next = queue.shift()
        if (next !== undefined) begin(next)
        done()
      })
    }
    return { serve: done => (busy < workers ? begin(done) : void queue.push(done)) }
  }
}

/** Every request takes a worker the same time. */
export const fixedServer = (workers: number, service: Milliseconds) => workersServer(workers, () => service)

/** Service times are exponentially distributed. */
export const exponentialServer = (workers: number, mean: Milliseconds) =>
  workersServer(workers, random => -mean * Math.log(1 - random()))

/** Half of all requests, or another share, take longer by chance: as of two replicas of which one is slow. */
export const bimodalServer = (workers: number, fast: Milliseconds, slow: Milliseconds, share = 0.5) =>
  workersServer(workers, random => (random() < 1 - share ? fast : slow))

/** Workers that all stop for `pause` every `every`, as with a garbage collector that stops the world. */
export const pausingServer = (workers: number, service: Milliseconds, every: Milliseconds, pause: Milliseconds) =>
  workersServer(
    workers,
    random => service * (0.5 + random()),
    (now, work) => {
      const run = every - pause
      // In a clock that stands still while the server does, work takes what it takes.
      const worked = Math.floor(now / every) * run + Math.min(now % every, run) + work
      return Math.floor(worked / run) * every + (worked % run)
    },
  )

/** All requests share the cores evenly; one alone uses one core only. Their work is exponentially distributed. */
export function sharingServer(cores: number, mean: Milliseconds): MakeServer {
  return (clock, random) => {
    const jobs = new Set<{ left: Milliseconds; done: () => void }>()
    let updated = clock.now()
    let callOff = () => {}
    const speed = () => Math.min(1, cores / jobs.size)
    const update = () => {
      const worked = (clock.now() - updated) * speed()
      updated = clock.now()
      for (const job of jobs) job.left -= worked
    }
    const plan = () => {
      callOff()
      let least = Number.POSITIVE_INFINITY
      for (const { left } of jobs) least = Math.min(least, left)
      if (jobs.size > 0) callOff = clock.after(Math.max(0, least) / speed(), finish)
    }
    const finish = () => {
      update()
      const ended = [...jobs].filter(({ left }) => left <= 1e-6)
      for (const job of ended) jobs.delete(job)
      plan()
      for (const { done } of ended) done()
    }
    return {
      serve(done) {
        update()
        jobs.add({ left: -mean * Math.log(1 - random()), done })
        plan()
      },
    }
  }
}

/**
 * No queue, but beyond `knee` requests at once each one more slows all that begin: the service time grows by `slope` of
 * itself for each `knee` that are in hand beyond it. As caches that no longer hold, or locks that are fought over.
 */
export function degradingServer(knee: number, service: Milliseconds, slope: number): MakeServer {
  return (clock, random) => {
    let inHand = 0
    return {
      serve(done) {
        inHand++
        const slower = 1 + (slope * Math.max(0, inHand - knee)) / knee
        clock.after(service * slower * (0.5 + random()), () => {
          inHand--
          done()
        })
      },
    }
  }
}
