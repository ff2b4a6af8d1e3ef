import { LOAD_TEST_FIELD } from '../document/extension-fields.ts'
import { commonFlags } from './common.ts'
import { type FlagTable, VERBOSE } from './flags.ts'
import { shapeFlags } from './shape-flags.ts'

/** Flags that name a file to write. */
export const OUTPUTS = ['output', 'html', 'markdown', 'metrics'] as const

const { server, protocol, input, 'input-env': inputEnv, 'security-env': securityEnv, ...ofRuns } = commonFlags

/** Flags of `load`, by what they are about. */
export const loadFlags: Readonly<Record<string, FlagTable>> = {
  'How much, and for how long': shapeFlags,
  'What is allowed': {
    budget: { value: "'p99<100ms'", text: 'what is allowed', isList: true },
    'load-test': { value: 'name', text: `the load test of the document's ${LOAD_TEST_FIELD}` },
    'on-inconclusive': { value: 'fail|warn', text: 'how to exit when the run decided nothing (default: fail)' },
  },
  'Where requests go': {
    server: server!,
    'allow-host': { value: 'name', text: 'a host other than this machine that may be loaded', isList: true },
    agents: { value: 'address', text: 'a NATS server, whose agents run the load instead of this process' },
    'agents-count': { value: 'number', text: 'agents that the load needs (default: those that are free)' },
    'agents-wait': { value: '60s', text: 'how long agents, and NATS, are waited for (default: 30s)' },
    'agents-ca': { value: 'file', text: 'certificate of the authority that the NATS server is trusted by' },
    transport: { value: 'auto|wire|undici', text: 'HTTP transport (default: auto)' },
    protocol: protocol!,
  },
  'What they carry': {
    input: input!,
    'input-env': inputEnv!,
    'security-env': securityEnv!,
    'inputs-csv': { value: 'file', text: 'inputs from a CSV file, a line for each iteration' },
    'inputs-json': { value: 'file', text: 'inputs from a JSON list of objects' },
  },
  'What is measured': {
    target: {
      value: '[name=]what',
      text: 'what is measured: a process (4711), a Prometheus page (http://...) or a control group (a path)',
      isList: true,
    },
    'metrics-port': { value: 'port', text: 'a page for Prometheus to scrape during the run' },
  },
  'What is written': {
    html: { value: 'file', text: 'write a page' },
    open: { text: 'open the page in a browser, but not in CI' },
    markdown: { value: 'file', text: 'write a summary in Markdown' },
    output: { value: 'file', text: 'write the result as JSON, for `vitest-arazzo report`' },
    metrics: { value: 'file', text: 'write metrics in the text format of Prometheus' },
    quiet: { text: 'no live line' },
    verbose: { text: VERBOSE },
  },
  'How workflows run': ofRuns,
}
