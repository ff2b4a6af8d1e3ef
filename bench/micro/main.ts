/**
 * Parser, reader, queries on bodies, pacer and histogram by themselves, in `vitest bench`, which repeats each until its figures hold
 * still. Takes a minute. Run: `npm run bench -- micro`.
 */
import { spawnSync } from 'node:child_process'
import process from 'node:process'

process.exitCode = spawnSync('vitest', ['bench', '--run', 'bench/out/micro'], { stdio: 'inherit' }).status ?? 1
