import { fileURLToPath } from 'node:url'
import { defineConfig, type Options } from 'tsup'

/** Modules that users import in tests and scripts. */
const inTests = { index: 'plugin/index.ts', engine: 'src/index.ts', matchers: 'plugin/matchers/index.ts' }
/** Modules that users import in the configuration of Vitest. */
const inConfiguration = { plugin: 'plugin/plugin.ts', reporter: 'plugin/reporter/index.ts' }

/** Modules that users import, by the package's exports: tsup.types.config.ts makes their types. */
export const forUsers = { ...inTests, ...inConfiguration }

/** What is loaded by its path: by Vitest, by generated modules, as a process of its own. */
const byPath = {
  runtime: 'plugin/runtime/runtime.ts',
  setup: 'plugin/setup.ts',
  janitor: 'plugin/compare/janitor.ts',
  cli: 'src/cli/bin.ts',
  doctor: 'plugin/doctor/diagnose.ts',
  'node-probe': 'src/measure/node-probe/preload.ts',
  'node-profiler': 'src/cause/profiler/preload.ts',
}

/** What the process that runs Vitest loads. */
const inVitest: Record<string, string> = { ...inConfiguration, 'global-setup': 'plugin/global-setup.ts' }

/** What load threads run. Nothing else is loaded in them. */
const threads = { 'load-worker': 'src/load/thread/worker.ts', 'duet-worker': 'src/load/thread/duet/worker.ts' }

const yaml = new URL('../', import.meta.resolve('yaml'))

export default defineConfig([
  {
    entry: { ...inTests, ...byPath },
    format: 'esm',
    target: 'node20',
    platform: 'node',
    splitting: true,
    clean: true,
    external: ['vitest', 'vite'],
    // Zod has six megabytes as a package, of which we need a twentieth; the rules are loaded by one command.
    noExternal: ['zod', '@secretlint/secretlint-rule-preset-recommend'],
    silent: true,
  },
  // What runs in one process is in chunks of its own: it takes as long to find and open many small ones as to run them.
  ...[inVitest, { supervisor: 'plugin/server/supervisor.ts' }].map(
    (entry): Options => ({
      entry,
      format: 'esm',
      target: 'node20',
      platform: 'node',
      splitting: true,
      external: ['vitest', 'vite'],
      // To find and open the 72 modules of yaml takes 25 ms before the first test. Its browser build is made of ES modules.
      noExternal: ['zod', 'yaml', 'csv-parse'],
      esbuildOptions: options => {
        options.alias = { yaml: fileURLToPath(new URL('browser/dist/index.js', yaml)) }
      },
      silent: true,
    }),
  ),
  {
    // In chunks of their own: those of all entries together are so small that to find and open them takes a thread
    // as long as all the rest of its start.
    entry: threads,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    splitting: true,
    external: ['vitest', 'vite'],
    silent: true,
  },
  {
    // Required when the first cookie comes. With its list of public suffixes four megabytes as packages.
    entry: { 'cookie-jar': fileURLToPath(import.meta.resolve('tough-cookie')) },
    format: 'cjs',
    target: 'node20',
    platform: 'node',
    outExtension: () => ({ js: '.cjs' }),
    noExternal: [/./],
    minify: true,
    silent: true,
  },
  {
    // The script of HTML reports: for browsers, with uPlot in it.
    entry: { 'report-client': 'src/report/client/main.ts' },
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    outExtension: () => ({ js: '.js' }),
    loader: { '.css': 'text' },
    noExternal: ['uplot'],
    minify: true,
    silent: true,
    tsconfig: 'src/report/client/tsconfig.json',
  },
])
