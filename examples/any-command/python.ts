import { spawnSync } from 'node:child_process'

/** Why this example cannot run here; undefined when it can. */
export const missing = spawnSync('python3', ['--version']).status === 0 ? undefined : 'python3 is not on this machine'
