import { defineConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestCase, type TestSpecification } from 'vitest/node'

/** What replaces timers, or modules of Node.js, of a whole process. */
const alone = ['test/http/fake-timers.test.ts', 'test/attack/loopback.test.ts']

/**
 * What takes ten seconds and more, the longest first: begun last, they would keep one worker busy when the others have
 * nothing left. Next to those that measure are some that mostly wait.
 */
const long = [
  'plugin/cause-of-load',
  'plugin/compare/cause',
  'hosts/agents',
  'plugin/server/start',
  'plugin/server/supervised',
  'attack/limits',
  'hosts/waiting',
  'plugin/compare/load-test',
  'cause/leaks',
  'load/no-response',
  'verdicts/nothing-ran',
  'docs/guides',
  'attack/decoded',
  'plugin/suites/waits',
  'compare/duet/duet',
  'load/stuck-run',
  'docs/why-red',
  'plugin/compare/shared-launches',
  'attack/figures',
  'plugin/reporter/reporter',
  'plugin/compare/sides',
  'plugin/suites/load',
  'three-ways/three-ways',
  'plugin/suites/restarts',
  'attack/attack',
  'load/run',
  'action/base',
  'plugin/suites/several',
  'http/resend',
  'load/cold-start',
  'plugin/compare/kills',
  'plugin/reporter/run-texts',
  'plugin/suites/round-trips',
  'plugin/server/global-setup',
  'plugin/compare/affected',
  'plugin/reporter/comment',
  'load/replaced',
  'plugin/reporter/files',
  'compare/choose',
  'plugin/server/ready',
  'docs/events',
  'verdicts/verdicts',
  'both-ways/ledger',
  'docs/values',
  'verdicts/applications',
  'compare/new-steps',
  'cli/commands',
  'docs/recipes',
  'load/feed/run',
  'both-ways/cut-connections',
  'hosts/example',
  'plugin/compare/vitest',
  'plugin/suites/options',
  'plugin/coordinator/turns',
  'plugin/suites/related',
  'load/request-timeout',
  'hosts/faults',
  'plugin/suites/parts',
  'plugin/suites/needed',
  'plugin/suites/hooks-take-all',
  'plugin/suites/projects',
  'plugin/suites/document-setup',
  'cli/init',
  'http/authority',
  'report/html/behaviour',
  'verdicts/unread-bodies',
  'attack/daemons',
  'model/matrix',
  'docs/examples',
  'load/capacity-run',
  'cli/init-load',
  'plugin/suites/setup',
  'hosts/gone',
  'plugin/suites/workers',
  'report/html/page',
  'load/contract',
  'attack/bus',
  'model/rules',
  'hosts/tls',
  'workflow/secrets-everywhere',
  'hosts/hostile',
  'plugin/suites/conduct',
  'attack/reach',
  'plugin/suites/sequencers',
  'hosts/gather',
  'plugin/reporter/run-files',
  'plugin/coordinator/coordinator',
  'load/hooks',
  'cli/agents-flags',
  'verdicts/busy-machine',
  'plugin/coordinator/killed',
  'plugin/suites/obstacles',
  'hosts/rights',
  'both-ways/apps',
  'three-ways/http2',
  'hosts/coordinator',
  'cli/compare',
  'http/differential/differential',
  'plugin/suites/steps',
  'both-ways/parallel',
  'cli/import',
  'plugin/suites/probe',
  'cli/types',
  'both-ways/documents',
  'http/select/pluck',
  'document/size',
  'conformance/condition-evaluation',
  'load/books',
  'gallery/gallery',
  'http/events/stream',
  'http/transport-failures',
  'measure/node-probe/trips',
  'workflow/secrets',
  'compare/run',
  'simulate/capacity-survey',
  'http/select/reader',
  'load/bodies-in-part',
  'simulate/adaptive',
  'plugin/suites/http2',
  'load/polling',
  'load/limiter',
  'http/socket',
  'reference/reference',
  'load/open-files',
  'workflow/checks/under-load',
].map(name => `/test/${name}.test.ts`)

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => {
      // Files with a worker of their own come first: at the end, one processor would wait for them.
      if (alone.some(path => moduleId.endsWith(path))) return -1
      const index = long.findIndex(path => moduleId.endsWith(path))
      return index < 0 ? long.length : index
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/**
 * Real processes, whole Vitest runs, browsers and loads of seconds: minutes of CPU. `npm run test:all` and `.ci/run` run
 * them.
 */
const system = [
  'test/{action,attack,both-ways,cli,docs,hosts,model,real,three-ways,verdicts}/**',
  'test/plugin/{compare,coordinator,reporter,server,suites}/**',
  'test/compare/{choose,duet/duet,new-steps}.test.ts',
  'test/http/{authority,resend,differential/differential}.test.ts',
  'test/load/{capacity-run,cold-start,contract,hooks,no-response,replaced,request-timeout,run,stuck-run}.test.ts',
  'test/load/feed/run.test.ts',
  'test/report/html/**',
  'test/workflow/secrets-everywhere.test.ts',
].map(path => path.replace(/\*\*$/, '**/*.test.ts'))

/** Prints what a summary leaves out: tests that passed at a second try, and that system tests have not been run. */
const leftOut: Reporter = {
  onTestRunEnd(modules) {
    const retried = modules.flatMap(({ children }) => [...children.allTests()]).filter(isRetried)
    for (const { module, fullName } of retried)
      console.log(`Passed at a second try: ${module.relativeModuleId} > ${fullName}`)
    if (modules.length > 100 && !modules.some(({ project }) => project.name === 'system'))
      console.log('System tests have not been run: npm run test:all runs them, too.')
  },
}

const isRetried = (test: TestCase) => test.ok() && (test.diagnostic()?.retryCount ?? 0) > 0

export default defineConfig({
  test: {
    environment: 'node',
    // Tests wait for events, and events are late on a busy machine; only an event that never comes ends a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Files wait for applications, loads and timeouts most of their time: 40 s for one second of CPU is not rare.
    maxWorkers: 6,
    // Tests run most code a few times only: to optimise it as soon as V8 does takes more than it saves. A larger space
    // for new objects is collected less often.
    execArgv: ['--interrupt-budget=600000', '--min-semi-space-size=64'],
    sequence: { sequencer: LongFirst },
    reporters: ['default', leftOut],
    // Files share their worker's modules: loading them anew for each took a third of the time.
    projects: [
      {
        extends: true,
        test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: [...alone, ...system], isolate: false },
      },
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        // Other programs of the machine may delay a process by seconds: CI tries once more.
        test: { name: 'system', include: system, exclude: alone, isolate: false, retry: process.env.CI ? 2 : 0 },
      },
    ],
  },
})
