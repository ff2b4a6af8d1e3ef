import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'
import type { Environment } from './report.ts'

export function environmentOf(): Environment {
  return {
    node: process.version,
    system: `${type()} ${release()}`,
    architecture: process.arch,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
  }
}
