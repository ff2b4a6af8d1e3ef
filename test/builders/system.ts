import { spawnSync } from 'node:child_process'

/** Whether what Linux alone has is missing: its devices, signals and programs, and links for everybody. */
export const isWindows = process.platform === 'win32'

/** Whether a program is installed. */
export const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
