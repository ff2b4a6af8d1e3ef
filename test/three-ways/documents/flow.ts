import { type Case, main, ok } from '../case.ts'

const flowCase = (name: string, workflows: string, script: Case['script'] = {}, rest: Partial<Case> = {}): Case => ({
  name,
  workflows,
  script,
  state: 'passed',
  ...rest,
})

const again = (more: string) =>
  main(
    [
      `stepId: a, operationId: a, ${ok}, outputs: { n: $response.body#/n }, onFailure: [{ name: again, type: retry, ${more} }]`,
      `stepId: b, operationId: b, ${ok}`,
    ],
    { n: '$steps.a.outputs.n' },
  )

const nested = (more = '', childMore = '') => `
  - workflowId: main
    steps:
      - { stepId: inner, workflowId: child, parameters: [{ name: n, value: 4 }], outputs: { m: $outputs.m }${more} }
      - { stepId: c, operationId: c, parameters: [{ name: x, in: query, value: $steps.inner.outputs.m }] }
    outputs: { m: $steps.inner.outputs.m }
  - workflowId: child
    inputs: { type: object, properties: { n: { type: integer } } }
    steps:
      - { stepId: b, operationId: b, ${ok}, parameters: [{ name: x, in: query, value: $inputs.n }], outputs: { m: $response.body#/m }${childMore} }
    outputs: { m: $steps.b.outputs.m }
`

const prerequisite = `
  - workflowId: main
    dependsOn: [first]
    steps: [{ stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $workflows.first.outputs.n }] }]
    outputs: { n: $workflows.first.outputs.n }
  - workflowId: first
    steps: [{ stepId: a, operationId: a, ${ok}, outputs: { n: $response.body#/n } }]
    outputs: { n: $steps.a.outputs.n }
`

const busy = { status: 503 }

export const flow: Case[] = [
  flowCase('one after another', main([`stepId: a, operationId: a, ${ok}`, `stepId: b, operationId: b, ${ok}`])),
  flowCase(
    'to the first that fails',
    main([`stepId: a, operationId: a, ${ok}`, `stepId: b, operationId: b, ${ok}`]),
    { '/a': [busy] },
    { state: 'failed', because: /\$statusCode == 200 is not met \(503\)/ },
  ),
  flowCase(
    'a retry that helps',
    again('retryAfter: 0, retryLimit: 3'),
    { '/a': [busy, busy, { json: { n: 1 } }] },
    { outputs: { n: 1 } },
  ),
  flowCase('a retry that does not', again('retryAfter: 0, retryLimit: 2'), { '/a': [busy] }, { state: 'failed' }),
  flowCase('a retry without a limit is one', again('retryAfter: 0'), { '/a': [busy, busy, {}] }, { state: 'failed' }),
  flowCase('a retry with a delay', again('retryAfter: 0.01, retryLimit: 2'), { '/a': [busy, { json: { n: 2 } }] }),
  flowCase('a retry after what the server says', again('retryAfter: 3600'), {
    '/a': [{ status: 503, headers: [['Retry-After', '0']] }, { json: { n: 3 } }],
  }),
  flowCase('a retry by way of a step', again('retryAfter: 0, retryLimit: 2, stepId: b'), {
    '/a': [busy, busy, { json: { n: 1 } }],
  }),
  flowCase(
    'a retry by way of a workflow',
    `${again('retryAfter: 0, retryLimit: 2, workflowId: renew')}
  - workflowId: renew
    steps: [{ stepId: renew, operationId: renew }]
`,
    { '/a': [busy, { json: { n: 1 } }] },
  ),
  flowCase('a retry whose criteria are met', again('retryAfter: 0, criteria: [{ condition: $statusCode == 503 }]'), {
    '/a': [busy, { json: { n: 1 } }],
  }),
  flowCase(
    'a retry whose criteria are not',
    again('retryAfter: 0, criteria: [{ condition: $statusCode == 502 }]'),
    { '/a': [busy, { json: { n: 1 } }] },
    { state: 'failed' },
  ),
  flowCase(
    'a retry used up gives way to a goto',
    main([
      `stepId: a, operationId: a, ${ok}, onFailure: [{ name: again, type: retry, retryAfter: 0 }, { name: on, type: goto, stepId: c }]`,
      'stepId: b, operationId: b',
      'stepId: c, operationId: c',
    ]),
    { '/a': [busy] },
  ),
  flowCase(
    'goto ahead and back',
    main(
      [
        'stepId: a, operationId: a, outputs: { n: $response.body#/n }, onSuccess: [{ name: over, type: goto, stepId: c }]',
        'stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $steps.a.outputs.n }], onSuccess: [{ name: stop, type: end }]',
        'stepId: c, operationId: c, onSuccess: [{ name: back, type: goto, stepId: b }]',
      ],
      { n: '$steps.a.outputs.n' },
    ),
    { '/a': [{ json: { n: 7 } }] },
    { outputs: { n: 7 } },
  ),
  flowCase(
    'goto by what the body says',
    main([
      'stepId: a, operationId: a, onSuccess: [{ name: over, type: goto, stepId: c, criteria: [{ context: $response.body, type: jsonpath, condition: "$.list[?@.skip == true]" }] }]',
      'stepId: b, operationId: b',
      'stepId: c, operationId: c',
    ]),
    { '/a': [{ json: { list: [{ skip: true }] } }] },
  ),
  flowCase(
    'goto to another workflow',
    `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        outputs: { n: $response.body#/n }
        onSuccess: [{ name: over, type: goto, workflowId: other, parameters: [{ name: n, value: $response.body#/n }] }]
    outputs: { n: $steps.a.outputs.n }
  - workflowId: other
    inputs: { type: object, properties: { n: { type: integer } } }
    steps: [{ stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $inputs.n }] }]
    outputs: { m: $inputs.n }
`,
    { '/a': [{ json: { n: 3 } }] },
    { outputs: { n: 3, m: 3 } },
  ),
  flowCase(
    'polling until it is done',
    main(
      [
        'stepId: a, operationId: a, successCriteria: [{ condition: $response.body#/state == "done" }], outputs: { v: $response.body#/v }, onFailure: [{ name: poll, type: retry, retryAfter: 0, retryLimit: 9 }]',
      ],
      { v: '$steps.a.outputs.v' },
    ),
    { '/a': [...Array.from({ length: 5 }, () => ({ json: { state: 'busy' } })), { json: { state: 'done', v: 1 } }] },
    { outputs: { v: 1 } },
  ),
  flowCase(
    'paging by goto',
    main([
      'stepId: a, operationId: a, parameters: [{ name: x, in: query, value: $steps.a.outputs.next }], outputs: { next: $response.body#/next }, onSuccess: [{ name: more, type: goto, stepId: a, criteria: [{ condition: $response.body#/next != null }] }]',
    ]),
    { '/a': [{ json: { next: 'p2' } }, { json: { next: 'p3' } }, { json: { next: null } }] },
    { options: { read: { severities: { 'forward-reference': 'off' } } } },
  ),
  flowCase(
    'end in success',
    main(['stepId: a, operationId: a, onSuccess: [{ name: stop, type: end }]', 'stepId: b, operationId: b']),
  ),
  flowCase(
    'end after a failure',
    main([`stepId: a, operationId: a, ${ok}, onFailure: [{ name: stop, type: end }]`, 'stepId: b, operationId: b']),
    { '/a': [{ status: 404 }] },
    { state: 'failed' },
  ),
  flowCase(
    'a runaway',
    main('stepId: a, operationId: a, onSuccess: [{ name: round, type: goto, stepId: a }]'),
    {},
    { state: 'failed', because: /runaway after 20 step visits/, options: { maxVisits: 20 } },
  ),
  flowCase('a workflow in a step', nested(), { '/b': [{ json: { m: 9 } }] }, { outputs: { m: 9 } }),
  flowCase('a workflow in a step that fails', nested(), { '/b': [busy] }, { state: 'failed' }),
  flowCase('a workflow in a step, tried again', nested(', onFailure: [{ name: again, type: retry, retryAfter: 0 }]'), {
    '/b': [busy, { json: { m: 1 } }],
  }),
  flowCase(
    'a workflow in a step that tries again itself',
    nested('', ', onFailure: [{ name: again, type: retry, retryAfter: 0 }]'),
    { '/b': [busy, { json: { m: 1 } }] },
  ),
  flowCase(
    'a criterion on outputs of a workflow',
    nested(', successCriteria: [{ condition: $outputs.m > 5 }]'),
    { '/b': [{ json: { m: 1 } }] },
    { state: 'failed', because: /\$outputs\.m > 5 is not met \(1\)/ },
  ),
  flowCase(
    'a criterion on the response within a workflow',
    nested(', successCriteria: [{ condition: $response.body#/m == 6 }]'),
    { '/b': [{ json: { m: 6 } }] },
  ),
  flowCase(
    'a workflow in a workflow in a step',
    `
  - workflowId: main
    steps: [{ stepId: one, workflowId: middle, outputs: { v: $outputs.v } }]
    outputs: { v: $steps.one.outputs.v }
  - workflowId: middle
    steps: [{ stepId: two, workflowId: last, outputs: { v: $outputs.v } }, { stepId: b, operationId: b }]
    outputs: { v: $steps.two.outputs.v }
  - workflowId: last
    steps: [{ stepId: a, operationId: a, outputs: { v: $response.body#/v } }]
    outputs: { v: $steps.a.outputs.v }
`,
    { '/a': [{ json: { v: 'deep' } }] },
    { outputs: { v: 'deep' } },
  ),
  flowCase('a prerequisite', prerequisite, { '/a': [{ json: { n: 2 } }] }, { outputs: { n: 2 } }),
  flowCase(
    'a prerequisite that fails',
    prerequisite,
    { '/a': [busy] },
    { state: 'failed', because: /prerequisite "first"/ },
  ),
  flowCase(
    'steps in the order that dependsOn asks for',
    main(['stepId: c, operationId: c, dependsOn: [b]', 'stepId: a, operationId: a', 'stepId: b, operationId: b']),
  ),
  flowCase(
    'a step that was left out',
    main([
      'stepId: a, operationId: a, onSuccess: [{ name: over, type: goto, stepId: c }]',
      'stepId: b, operationId: b',
      'stepId: c, operationId: c, dependsOn: [b]',
    ]),
    {},
    { state: 'failed', because: /depends on step "b"/ },
  ),
  flowCase(
    'actions of the workflow and of components',
    `
  - workflowId: main
    failureActions: [{ reference: $components.failureActions.again }]
    steps:
      - { stepId: a, operationId: a, ${ok} }
      - { stepId: b, operationId: b, ${ok}, onFailure: [{ name: again, type: goto, stepId: c }] }
      - { stepId: c, operationId: c, ${ok} }
`,
    { '/a': [{ status: 500 }, {}], '/b': [{ status: 500 }] },
    { more: 'components: { failureActions: { again: { name: again, type: retry, retryAfter: 0 } } }' },
  ),
  flowCase(
    'a step that fails beside a goto',
    main([
      `stepId: a, operationId: a, ${ok}, onFailure: [{ name: round, type: goto, stepId: b }]`,
      `stepId: b, operationId: b, ${ok}`,
    ]),
    { '/a': [{ status: 404 }] },
  ),
  flowCase(
    'an output that cannot be had',
    main('stepId: a, operationId: a, outputs: { v: { context: $response.body, selector: $.id, type: jsonpath } }'),
    { '/a': [{ headers: [['Content-Type', 'text/plain']], body: 'text' }] },
    { state: 'failed', because: /Failed to evaluate "v"/ },
  ),
  flowCase(
    'a timeout',
    main('stepId: a, operationId: a, timeout: 60'),
    { '/a': [{ raw: 'HTTP/1.1 200 OK\r\n' }] },
    { state: 'failed', because: /60 ms/, iterations: 1 },
  ),
  flowCase(
    'a timeout in a body',
    main('stepId: a, operationId: a, timeout: 60'),
    { '/a': [{ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }] },
    { state: 'failed', because: /60 ms/, iterations: 1 },
  ),
  flowCase(
    'a timeout with a way out',
    main([
      'stepId: a, operationId: a, timeout: 60, onFailure: [{ name: again, type: retry, retryAfter: 0 }]',
      'stepId: b, operationId: b',
    ]),
    { '/a': [{ raw: '' }, {}] },
    { iterations: 1 },
  ),
  flowCase(
    'a connection that ends, with a way out',
    main([
      'stepId: a, operationId: make, onFailure: [{ name: again, type: retry, retryAfter: 0 }]',
      'stepId: b, operationId: b',
    ]),
    { '/make': [{ raw: '', end: true }, {}] },
  ),
  flowCase(
    'criteria of 1.0',
    main(
      'stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }, { context: $response.body, condition: "$[?count(@.pets) > 0]", type: jsonpath }]',
    ),
    { '/a': [{ json: { pets: [1] } }] },
    { version: '1.0.1' },
  ),
]
