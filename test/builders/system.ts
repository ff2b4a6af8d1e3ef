import { spawnSync } from 'node:child_process'
import { sep } from 'node:path'

/** Whether what Linux alone has is missing: its devices, signals and programs, and links for everybody. */
export const isWindows = process.platform === 'win32'

/** A text whose paths have slashes, as on Linux. */
export const slashed = (text: string): string => text.replaceAll(sep, '/')

/** Whether a program is installed. */
export const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
