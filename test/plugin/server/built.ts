import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Options } from 'tsup'
import packaged from '../../../tsup.config.ts'

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
  'load-worker': 'src/load/thread/worker.ts',
  supervisor: 'plugin/server/supervisor.ts',
  cli: 'src/cli/bin.ts',
  'node-probe': 'src/measure/node-probe/preload.ts',
  start: 'plugin/server/start.ts',
  supervised: 'plugin/server/supervised.ts',
  client: 'plugin/coordinator/client.ts',
  actor: 'test/plugin/coordinator/actor-process.ts',
}
const sources = ['src', 'plugin', 'test/plugin/coordinator']

/**
 * Builds the package as it is published, from the sources as they are now, and says where. Test files share a build:
 * it is kept below node_modules under a hash of all sources.
 */
export async function builtPlugin(): Promise<string> {
  const directory = join(root, 'node_modules', '.cache', 'vitest-arazzo', `test-${hashOf(sources)}`)
  if (existsSync(directory)) return directory
  const draft = `${directory}.${randomUUID()}`
  const [main, ...others] = packaged as Options[]
  await build({
    ...{ entry, outDir: draft, format: 'esm', target: 'node20', tsconfig: join(root, 'tsconfig.json') },
    ...{ config: false, silent: true, splitting: true, dts: false, clean: false },
    noExternal: main!.noExternal,
    esbuildOptions: options => {
      options.absWorkingDir = root
    },
  })
  for (const other of others) await build({ ...other, ...{ config: false, silent: true, clean: false, outDir: draft } })
  try {
    renameSync(draft, directory)
  } catch {
    // Another test file was faster.
    rmSync(draft, { recursive: true, force: true })
  }
  removeOld(dirname(directory))
  return directory
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
