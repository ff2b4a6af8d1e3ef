import { describe, expect, test } from 'vitest'
import { cases, thoroughly } from '../../builders/thorough.ts'
import { api, asking, config, passing, runAsking } from './asking.ts'

/** Each starts Vitest anew, which takes as long as the machine lets it. */
const unhurried = { timeout: 120_000 }

const perProject = (name: string, more = '') =>
  config(`{ name: '${name}', include: ['*.test.ts'] }`, `plugins: [arazzo({ servers${more} })],`)

/** Two packages, each with a configuration and a document of its own. */
const packages = (more: { api?: string; billing?: string } = {}): Record<string, string> => ({
  'vitest.config.ts': config("{ projects: ['packages/{api,billing}'] }"),
  'packages/api/vitest.config.ts': perProject('api', more.api),
  'packages/api/api.json': api,
  'packages/api/orders.arazzo.yaml': asking('orders'),
  'packages/billing/vitest.config.ts': perProject('billing', more.billing),
  'packages/billing/api.json': api,
  'packages/billing/invoices.arazzo.yaml': asking('invoices'),
})

/** A test for each of them, without which they are run in half the time. */
const tests = { 'packages/api/a.test.ts': passing, 'packages/billing/b.test.ts': passing }

describe('projects with configurations of their own', unhurried, () => {
  test('each run the documents below their root', async () => {
    const { asked, tree, exitCode } = await runAsking({ ...packages(), ...tests })
    expect(asked).toEqual(['invoices', 'orders'])
    expect(tree).toMatchInlineSnapshot(`
      "a.test.ts
        ✓ passes
      b.test.ts
        ✓ passes
      invoices.arazzo.yaml
        invoices
          ✓ ask
      orders.arazzo.yaml
        orders
          ✓ ask"
    `)
    expect(exitCode).toBe(0)
  })

  thoroughly('also when each names itself', async () => {
    const { asked, exitCode } = await runAsking(packages({ api: ", project: 'api'", billing: ", project: 'billing'" }))
    expect(asked).toEqual(['invoices', 'orders'])
    expect(exitCode).toBe(0)
  })

  thoroughly('one of them by --project', async () => {
    const { asked, exitCode } = await runAsking(packages(), ['--project', 'billing'])
    expect(asked).toEqual(['invoices'])
    expect(exitCode).toBe(0)
  })

  test('and the root as well, whose documents are also those of its folders', async () => {
    const { asked, output, exitCode } = await runAsking({
      ...packages(),
      'vitest.config.ts': config("{ name: 'all', projects: ['.', 'packages/*'] }", 'plugins: [arazzo({ servers })],'),
      'whole.arazzo.yaml': asking('whole'),
      'api.json': api,
    })
    expect(asked).toEqual(['invoices', 'invoices', 'orders', 'orders', 'whole'])
    expect(output).toContain('|all| packages/api/orders.arazzo.yaml')
    expect(output).toContain('|api| orders.arazzo.yaml')
    expect(exitCode).toBe(0)
  })
})

describe('projects in one folder', unhurried, () => {
  const inline = (...projects: string[]) => ({
    'vitest.config.ts': config(`{ projects: [${projects.join(', ')}] }`),
    'flow.arazzo.yaml': asking('flow'),
    'api.json': api,
    'plain.test.ts': passing,
  })
  const withPlugin = (name: string, more = '', test = '') =>
    `{ plugins: [arazzo({ servers${more} })], test: { name: '${name}', ${test} } }`

  test('each run the same document, with its own options', async () => {
    const { asked, output } = await runAsking(
      inline(
        withPlugin('one', ": servers + '/v1'", "include: ['*.test.ts']"),
        withPlugin('two', ": servers + '/v2'", "include: ['flow*'],"),
      ),
    )
    expect(asked).toEqual(['v1/flow', 'v2/flow'])
    expect(output).toContain('|one| flow.arazzo.yaml')
    expect(output).toContain('|two| flow.arazzo.yaml')
  })

  thoroughly('of which one has no plugin: the documents are not its own', async () => {
    const { asked, tree, exitCode } = await runAsking(
      inline(withPlugin('one'), "{ test: { name: 'two' } }", "{ test: { name: 'three' } }"),
    )
    expect(asked).toEqual(['flow'])
    expect(tree.match(/plain\.test\.ts/g)).toHaveLength(3)
    expect(tree.match(/flow\.arazzo\.yaml/g)).toHaveLength(1)
    expect(exitCode).toBe(0)
  })

  thoroughly('with one list of include between them: it stays as it was', async () => {
    const files = inline(withPlugin('one', '', 'include'), "{ test: { name: 'two', include } }")
    const { tree, exitCode } = await runAsking({
      ...files,
      'vitest.config.ts': `const include = ['*.test.ts']\n${files['vitest.config.ts']}`,
    })
    expect(tree.match(/flow\.arazzo\.yaml/g)).toHaveLength(1)
    expect(exitCode).toBe(0)
  })

  test('an inherited plugin gives way to one of the project', async () => {
    const { asked, exitCode } = await runAsking({
      ...inline(),
      'flow.arazzo.json': JSON.stringify(jsonDocument),
      'vitest.config.ts': config(
        `{ projects: [
          { extends: true, test: { name: 'one' } },
          { extends: true, plugins: [arazzo({ servers: servers + '/v2' })], test: { name: 'two' } },
        ] }`,
        "plugins: [arazzo({ servers: servers + '/v1' })],",
      ),
    })
    expect(asked).toEqual(['v1/flow', 'v1/json', 'v2/flow', 'v2/json'])
    expect(exitCode).toBe(0)
  })

  describe('option project', () => {
    const both = (project: string) =>
      inline(
        withPlugin('one', `, project: ${project}`),
        withPlugin('two', `, project: ${project}`),
        "{ test: { name: 'three' } }",
      )

    test('names the one that runs them', async () => {
      const { asked, output } = await runAsking(both("'two'"))
      expect(asked).toEqual(['flow'])
      expect(output).toContain('|two| flow.arazzo.yaml')
    })

    thoroughly('or those that do', async () => {
      const { asked } = await runAsking(both("['two', 'one']"))
      expect(asked).toEqual(['flow', 'flow'])
    })

    test('with another --project they are not run', async () => {
      const { asked, exitCode } = await runAsking(both("'two'"), ['--project', 'one'])
      expect(asked).toEqual([])
      expect(exitCode).toBe(0)
    })

    const missing = cases<[project: string, args: string[], message: string]>(
      [
        [
          "['one', 'tow']",
          [],
          'Failed to give the documents to project "tow": Vitest has no such project. Did you mean "two"?',
        ],
        [
          "['one', 'three']",
          ['--project', '!two'],
          'Failed to give the documents to project "three": it does not have the plugin. Add arazzo() to that',
        ],
      ],
      [
        ["'tow'", [], 'Failed to give the documents to project "tow": Vitest has no such project. Did you mean "two"?'],
        [
          "'three'",
          [],
          'Failed to give the documents to project "three": it does not have the plugin. Add arazzo() to that',
        ],
      ],
    )
    test.each(missing)('%s %j: %s', async (project, args, message) => {
      const { output, exitCode, asked } = await runAsking(both(project), args)
      expect(output).toContain(message)
      expect(exitCode).toBe(1)
      expect(asked).toEqual([])
    })
  })
})

describe('documents that no project would run', unhurried, () => {
  const root = (projects: string) => ({
    'vitest.config.ts': config(`{ projects: [${projects}] }`, 'plugins: [arazzo({ servers })],'),
    'api.json': api,
    'flow.arazzo.yaml': asking('flow'),
    'plain.test.ts': passing,
    'part/plain.test.ts': passing,
  })

  test('since the plugin is in the root configuration, and comes to no project', async () => {
    const { output, exitCode } = await runAsking(root("'part'"))
    expect(output).toContain(
      'Failed to run the documents of the root configuration: none of its projects has the plugin.',
    )
    expect(exitCode).toBe(1)
  })

  thoroughly('but not when it comes to one of them', async () => {
    const { asked, exitCode } = await runAsking(root("'part', { extends: true, test: { name: 'whole' } }"))
    expect(asked).toEqual(['flow'])
    expect(exitCode).toBe(0)
  })

  test('since each project leaves its own to one that looks elsewhere', async () => {
    const { output, exitCode } = await runAsking({ ...packages({ billing: ", project: 'api'" }), ...tests })
    expect(output).toContain(
      'Failed to run the documents of project "billing": option project gives them to "api", and no project runs packages/billing/invoices.arazzo.yaml.',
    )
    expect(exitCode).toBe(1)
  })

  thoroughly('since two projects leave them to one another', async () => {
    const asunder = packages({ api: ", project: 'billing'", billing: ", project: 'api'" })
    const { output, exitCode } = await runAsking({ ...asunder, ...tests })
    expect(output).toContain('to project "billing": its own option project names "api". Name the same project')
    expect(output).toContain('to project "api": its own option project names "billing". Name the same project')
    expect(exitCode).toBe(1)
  })

  /** A browser that is never started, since no test file is for it. */
  const browser = `browser: {
    enabled: true,
    provider: { name: 'none', options: {}, providerFactory() {}, serverFactory },
    instances: [{ browser: 'chromium' }],
  }`
  // Vitest 5 makes the server in which a browser's files are served as soon as it reads the configuration.
  const serverFactory = `const serverFactory = () => ({
  config: () => ({}),
  plugins: [],
  createParent: () => ({ vite: { close() {} }, close() {}, spawn: () => ({ close() {} }) }),
  configureServer() {},
  setupRpc() {},
  resolveOptimizeDeps: () => ({}),
})\n`
  const inBrowser = (projects: string) => {
    const files = root(projects)
    return { ...files, 'vitest.config.ts': serverFactory + files['vitest.config.ts'] }
  }
  const web = `{ extends: true, test: { name: 'web', include: ['none'], ${browser} } }`

  test('since the only project with the plugin runs in a browser', async () => {
    const { output, exitCode } = await runAsking(inBrowser(`'part', ${web}`))
    expect(output).toContain(
      'Failed to run the documents of project "web (chromium)": it runs in a browser, and no project runs flow.arazzo.yaml.',
    )
    expect(exitCode).toBe(1)
  })

  thoroughly('but not when another project runs them, or leaves them out by its exclude', async () => {
    const node = "{ extends: true, test: { name: 'node' } }"
    const { asked, exitCode } = await runAsking(inBrowser(`${web}, ${node}`))
    expect(asked).toEqual(['flow'])
    expect(exitCode).toBe(0)
    const left = await runAsking(inBrowser(`'part', ${web.replace('include:', "exclude: ['flow*'], include:")}`))
    expect(left.exitCode).toBe(0)
  })

  thoroughly('since the option project names one that runs in a browser', async () => {
    const files = inBrowser(`'part', ${web}`)
    const { output, exitCode } = await runAsking({
      ...files,
      'vitest.config.ts': files['vitest.config.ts'].replace('{ servers }', "{ servers, project: 'web' }"),
    })
    expect(output).toContain('Failed to give the documents to project "web": it runs in a browser.')
    expect(exitCode).toBe(1)
  })
})

const jsonDocument = {
  arazzo: '1.0.1',
  info: { title: 'json', version: '1' },
  sourceDescriptions: [{ name: 'api', url: './api.json', type: 'openapi' }],
  workflows: [
    {
      workflowId: 'json',
      steps: [
        {
          stepId: 'ask',
          operationId: 'ask',
          parameters: [{ name: 'name', in: 'path', value: 'json' }],
          successCriteria: [{ condition: '$statusCode == 200' }],
        },
      ],
    },
  ],
}
