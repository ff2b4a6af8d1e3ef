import type { KnipConfig } from 'knip'
import build from './tsup.config.ts'

/** Sources of the package, but for the cookie jar and the script of reports, which are bundled apart. */
const built = [build]
  .flat()
  .slice(0, 2)
  .flatMap(one => (typeof one === 'object' && !Array.isArray(one.entry) ? Object.values(one.entry ?? {}) : []))

export default {
  workspaces: {
    '.': {
      entry: [
        ...built,
        // Bundled by the scripts of package.json.
        'test/{attack,first-runs,truth,verdicts}/main.ts',
        'test/http/{differential,select}/fuzz.ts',
        'assembly/index.ts',
        'examples/hosts/{run.mjs,vitest.config.ts,checkout.load.test.ts}',
        'test/report/html/screenshots.ts',
        'scripts/*.mjs',
        'tsup.types.config.ts',
        // Run by action.yml and by workflows, by their paths.
        'action/*.mjs',
        // Applications, threads and whole projects that tests start by their paths.
        'fixtures/load/{script,workers/*}.js',
        'fixtures/recipes/stand-in.mjs',
        'test/truth/application.mjs',
        'fixtures/round-trips/{app,thread}.mjs',
        'fixtures/suites/*/{vitest,twice}.config.{js,ts}',
        'fixtures/suites/*/*.case.js',
        'fixtures/suites/{gallery/server,probe/app,restarts/api/server,server-app/by-argument,resident,tree-reporter}.js',
        'fixtures/suites/{several/app,several/channels,environment/app}.js',
        'fixtures/suites/{channels/channels,isolation/who}.ts',
      ],
      project: ['**/*.{ts,js,mjs}'],
    },
    'examples/*': { vitest: { config: [], entry: ['vitest.config.ts', '*.test.ts'] } },
  },
  // Run by scripts/check-package.mjs, by their paths; read by the compiler in test/hosts/manifest-types.ts.
  ignoreDependencies: ['@arethetypeswrong/cli', 'publint', 'kubernetes-types'],
  // Programs of the system.
  ignoreBinaries: [
    'chrt',
    'cmark-gfm',
    'docker-compose',
    'gitleaks',
    'mariadb-install-db',
    'wine',
    'nats-server',
    'taskset',
    'openssl',
    'mariadb-install-db',
    'mkfifo',
    'script',
  ],
} satisfies KnipConfig
