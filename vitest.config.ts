import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What replaces timers, or modules of Node.js, of a whole process. */
const alone = ['test/http/fake-timers.test.ts', 'test/attack/loopback.test.ts']

/** What takes ten seconds and more, the longest first: begun last, they would keep one worker busy when the others have nothing left. */
const long = [
  'plugin/compare/load-test',
  'plugin/compare/shared-launches',
  'compare/duet/duet',
  'hosts/agents',
  'docs/guides',
  'three-ways/three-ways',
  'plugin/suites/restarts',
  'plugin/server/start',
  'plugin/compare/sides',
  'load/run',
  'http/resend',
  'plugin/server/ready',
  'both-ways/cut-connections',
  'plugin/reporter/reporter',
  'plugin/server/supervised',
  'hosts/hostile',
  'load/no-response',
  'load/replaced',
  'verdicts/nothing-ran',
  'action/base',
  'compare/new-steps',
  'plugin/suites/waits',
  'plugin/suites/related',
  'verdicts/applications',
  'plugin/suites/several',
  'plugin/server/global-setup',
  'plugin/suites/load',
  'both-ways/documents',
  'http/differential/differential',
  'docs/recipes',
  'plugin/suites/projects',
  'cli/commands',
  'both-ways/ledger',
  'plugin/coordinator/turns',
  'verdicts/verdicts',
  'http/select/sift',
  'plugin/suites/options',
  'load/request-timeout',
  'load/stuck-run',
  'hosts/example',
  'cli/init',
  'load/capacity-run',
  'plugin/suites/sequencers',
  'plugin/compare/vitest',
  'plugin/suites/document-setup',
  'http/authority',
  'plugin/compare/affected',
  'model/matrix',
  'load/cold-start',
  'report/html/behaviour',
  'hosts/faults',
  'plugin/suites/hooks-take-all',
  'workflow/secrets-everywhere',
  'docs/values',
  'hosts/waiting',
  'plugin/reporter/files',
  'hosts/gone',
  'plugin/reporter/run-files',
  'cli/init-load',
  'document/size',
  'plugin/coordinator/coordinator',
  'plugin/compare/kills',
  'hosts/tls',
  'conformance/condition-evaluation',
  'plugin/suites/workers',
  'plugin/suites/parts',
  'report/html/page',
  'load/books',
  'docs/examples',
  'gallery/gallery',
  'compare/choose',
  'plugin/suites/setup',
  'simulate/capacity-survey',
  'plugin/suites/probe',
  'both-ways/openapi',
  'attack/attack',
  'load/hooks',
  'plugin/coordinator/killed',
  'http/select/reader',
  'docs/events',
  'load/contract',
  'hosts/coordinator',
  'load/bodies-in-part',
  'plugin/suites/obstacles',
  'simulate/adaptive',
  'three-ways/http2',
  'plugin/suites/http2',
  'load/polling',
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
    expect: { poll: { timeout: 60_000 } },
    // Files wait for applications, loads and timeouts most of their time: 40 s for one second of CPU is not rare.
    maxWorkers: 6,
    // Tests run most code a few times only: to optimise it as soon as V8 does takes more than it saves. A larger space
    // for new objects is collected less often.
    execArgv: ['--interrupt-budget=600000', '--min-semi-space-size=64'],
    sequence: { sequencer: LongFirst },
    // Files share their worker's modules: loading them anew for each took a third of the time.
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
})
