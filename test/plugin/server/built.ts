import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Options } from 'tsup'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** As the package has them, and what these tests have run in processes of their own. */
const entry = {
  plugin: 'plugin/plugin.ts',
  index: 'plugin/index.ts',
  engine: 'src/index.ts',
  runtime: 'plugin/runtime/runtime.ts',
  reporter: 'plugin/reporter/index.ts',
  setup: 'plugin/setup.ts',
  'global-setup': 'plugin/global-setup.ts',
  supervisor: 'plugin/server/supervisor.ts',
  janitor: 'plugin/compare/janitor.ts',
  cli: 'src/cli/bin.ts',
  doctor: 'plugin/doctor/diagnose.ts',
  'node-probe': 'src/measure/node-probe/preload.ts',
  'node-profiler': 'src/cause/profiler/preload.ts',
  start: 'plugin/server/start.ts',
  supervised: 'plugin/server/supervised.ts',
  sides: 'plugin/compare/sides.ts',
  room: 'plugin/compare/room.ts',
  client: 'plugin/coordinator/client.ts',
  actor: 'test/plugin/coordinator/actor-process.ts',
}
const sources = ['src', 'plugin', 'test/plugin/coordinator']

let built: Promise<string> | undefined

/**
 * Builds the package as it is published, from the sources as they were when a test of this worker first asked, and says
 * where. Test files share a build: it is kept below node_modules under a hash of all sources.
 */
export function builtPlugin(): Promise<string> {
  built ??= findOrBuild().catch(error => {
    built = undefined
    throw error
  })
  return built
}

/** One worker builds, and the others wait for it: all at once, they took ten seconds of the machine. */
async function findOrBuild(): Promise<string> {
  const directory = join(root, 'node_modules', '.cache', 'vitest-arazzo', `test-${hashOf(sources)}`)
  const turn = `${directory}.turn`
  while (!existsSync(directory)) {
    if (!takesTurn(turn)) await delay(50)
    else
      try {
        await makeBuild(directory)
      } finally {
        rmSync(turn, { recursive: true, force: true })
      }
  }
  return directory
}

/** Whether it is this worker's turn, which is taken from one that was ended in the middle of it. */
function takesTurn(turn: string): boolean {
  const since = statSync(turn, { throwIfNoEntry: false })?.mtimeMs
  if (since !== undefined && since < Date.now() - 120_000) rmSync(turn, { recursive: true, force: true })
  try {
    mkdirSync(dirname(turn), { recursive: true })
    mkdirSync(turn)
    return true
  } catch {
    return false
  }
}

async function makeBuild(directory: string): Promise<void> {
  const draft = `${directory}.${randomUUID()}`
  // Loaded by the one who builds.
  const [{ build }, { default: packaged }] = await Promise.all([import('tsup'), import('../../../tsup.config.ts')])
  const [main, ...others] = packaged as Options[]
  await build({
    entry,
    outDir: draft,
    format: 'esm',
    target: 'node20',
    tsconfig: join(root, 'tsconfig.json'),
    config: false,
    silent: true,
    splitting: true,
    dts: false,
    clean: false,
    noExternal: main!.noExternal,
    esbuildOptions: options => {
      options.absWorkingDir = root
    },
  })
  for (const other of others) await build({ ...other, config: false, silent: true, clean: false, outDir: draft })
  try {
    renameSync(draft, directory)
  } catch {
    // Another test file was faster.
    rmSync(draft, { recursive: true, force: true })
  }
  removeOld(dirname(directory))
}

/** Builds of earlier sources, unless a test may still use them. */
function removeOld(folder: string): void {
  const hourAgo = Date.now() - 3_600_000
  for (const name of readdirSync(folder))
    if (statSync(join(folder, name)).mtimeMs < hourAgo) rmSync(join(folder, name), { recursive: true, force: true })
}

function hashOf(rooms: string[]): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'tsup.config.ts')))
  for (const room of rooms)
    for (const file of readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).sort())
      if (file.endsWith('.ts')) hash.update(file).update(readFileSync(join(root, room, file)))
  return hash.digest('hex').slice(0, 16)
}
