import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What replaces the timers of a whole process. */
const alone = ['test/http/fake-timers.test.ts']

/** What takes ten seconds and more, the longest first: begun last, they would keep one worker busy when the others have nothing left. */
const long = [
  'compare/duet/duet',
  'hosts/agents',
  'docs/guides',
  'http/resend',
  'verdicts/applications',
  'load/no-response',
  'load/replaced',
  'plugin/suites/waits',
  'plugin/server/ready',
  'plugin/suites/restarts',
  'plugin/server/start',
  'hosts/hostile',
  'verdicts/nothing-ran',
  'plugin/server/supervised',
  'plugin/reporter/reporter',
  'three-ways/three-ways',
  'plugin/compare/load-test',
  'load/run',
  'plugin/server/global-setup',
  'plugin/compare/sides',
  'http/select/sift',
  'plugin/suites/several',
  'cli/commands',
  'plugin/suites/options',
  'load/stuck-run',
  'action/base',
  'both-ways/ledger',
  'cli/init',
  'plugin/suites/load',
  'plugin/suites/hooks-take-all',
  'load/capacity-run',
  'plugin/suites/related',
  'plugin/coordinator/turns',
  'hosts/example',
  'hosts/gone',
  'plugin/reporter/files',
  'hosts/waiting',
  'hosts/faults',
  'plugin/compare/kills',
  'report/html/behaviour',
  'cli/init-load',
  'both-ways/documents',
  'docs/recipes',
  'plugin/compare/vitest',
  'document/size',
  'both-ways/openapi',
  'simulate/adaptive',
  'hosts/coordinator',
  'workflow/secrets',
  'conformance/condition-evaluation',
  'plugin/suites/sequencers',
  'plugin/suites/parts',
  'plugin/suites/projects',
  'plugin/suites/document-setup',
  'hosts/tls',
  'plugin/suites/setup',
  'hosts/gather',
  'docs/examples',
  'http/differential/differential',
  'load/books',
  'model/matrix',
  'report/merge-rules',
  'simulate/capacity-survey',
  'plugin/suites/steps',
  'gallery/gallery',
  'workflow/secrets-everywhere',
  'plugin/suites/x-vitest',
  'verdicts/verdicts',
  'plugin/reporter/run-files',
  'action/comment',
  'action/fork-comment',
].map(name => `/test/${name}.test.ts`)

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => {
      // A worker of its own comes last, since another would have to end for it, and load all modules once more.
      if (alone.some(path => moduleId.endsWith(path))) return long.length + 1
      const index = long.findIndex(path => moduleId.endsWith(path))
      return index < 0 ? long.length : index
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    environment: 'node',
    // Real processes and sockets on a shared machine: CI tries once more what may have been the machine's doing.
    retry: process.env.CI ? 2 : 0,
    // What is waited for comes when the machine has come to it; only what never comes ends a test.
    testTimeout: 120_000,
    // Most of the time goes by in applications and loads of their own, which other workers need not wait for.
    maxWorkers: 4,
    // Tests run most code a few times only: to optimise it as soon as V8 does takes more than it saves.
    execArgv: ['--interrupt-budget=600000'],
    sequence: { sequencer: LongFirst },
    // Files share their worker's modules: loading them anew for each took a third of the time.
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
})
