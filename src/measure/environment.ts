import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'
import type { Bytes } from '../ground/units.ts'

/** Where a run took place. Figures of two environments do not compare. */
export interface Environment {
  /** `v20.20.2`. */
  node: string
  /** `Linux 6.1.0`. */
  system: string
  /** `x64`. */
  architecture: string
  /** Model of the processor; `unknown` where the system does not tell. */
  processor: string
  /** That this process may use. */
  cores: number
  memory: Bytes
}

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
