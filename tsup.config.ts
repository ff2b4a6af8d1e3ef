import { defineConfig } from 'tsup'

// Every entry is a file that somebody loads by its path: users by the package's exports, Vitest (setup, reporter, …),
// generated modules (runtime), worker threads (load-worker) and a process of its own (supervisor).
export default defineConfig({
  entry: {
    index: 'plugin/index.ts',
    engine: 'src/index.ts',
    plugin: 'plugin/plugin.ts',
    matchers: 'plugin/matchers/index.ts',
    reporter: 'plugin/reporter/index.ts',
    runtime: 'plugin/runtime/runtime.ts',
    setup: 'plugin/setup.ts',
    'global-setup': 'plugin/global-setup.ts',
    'load-worker': 'src/load/worker.ts',
    supervisor: 'plugin/server/supervisor.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  dts: { entry: ['index', 'engine', 'plugin', 'matchers', 'reporter'] as never },
  splitting: true,
  clean: true,
  external: ['vitest', 'vite'],
})
