import { cpuUsage, memoryUsage } from 'node:process'
import type { Probe } from './probe.ts'

/** The process that asks, with all its threads. */
export function createSelfProbe(): Probe {
  return {
    subject: 'this process',
    async sample() {
      const { user, system } = cpuUsage()
      return { memory: memoryUsage.rss(), cpuTime: (user + system) / 1000, processes: 1 }
    },
  }
}
