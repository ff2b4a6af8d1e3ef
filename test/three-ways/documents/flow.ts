import { type Case, main, ok } from '../case.ts'
import type { Said } from '../server.ts'

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

const three = (b: string) =>
  main([`stepId: a, operationId: a, ${ok}`, `stepId: b, operationId: b, ${ok}${b}`, `stepId: c, operationId: c, ${ok}`])

/** A value of the first response, or what it lacks, is used by the second step. */
const from = (step: string, ...others: string[]) =>
  main(['stepId: a, operationId: a, outputs: { v: $response.body#/v }', step, ...others])
const inPath = 'stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }]'
const mute: Said = { raw: '' }
const text: Said = { headers: [['Content-Type', 'text/plain']], body: 'text' }
const ofText = '{ context: $steps.a.outputs.v, selector: $.id, type: jsonpath }'

/** Each of these by the URLs of its requests. */
const urls: Record<string, string> = {
  'one after another': '/a /b',
  'to the first that fails': '/a',
  'by status if there are no criteria': '/a',
  'a retry that helps': '/a /a /a /b',
  'a retry that does not': '/a /a /a',
  'a retry without a limit is one': '/a /a',
  'a retry with the limit 0 is none': '/a',
  'a retry with a delay': '/a /a /b',
  'a retry after what the server says': '/a /a /b',
  'a retry by way of a step': '/a /b /a /b /a /b',
  'a retry by way of a workflow': '/a /renew /a /b',
  'a retry whose criteria are met': '/a /a /b',
  'a retry whose criteria are not': '/a',
  'a retry used up gives way to a goto': '/a /a /c',
  'retries are counted anew if the step is entered anew': '/a /b /b /a /b /b /a',
  'a Retry-After of 25 days': '/a /b',
  'a retryAfter of 25 days': '/a /b',
  'a Retry-After of 400 digits': '/a /b',
  'a Retry-After of more than the timeout of its step': '/a /b',
  'a retryAfter of more than the timeout of its step': '/a /b /b /c',
  'goto ahead and back': '/a /c /b?x=7',
  'goto by what the body says': '/a /c',
  'goto to another workflow': '/a /b?x=3',
  'goto to another workflow, with the inputs of the first': '/a /c?x=me',
  'polling until it is done': '/a /a /a /a /a /a',
  'paging by goto': '/a /a?x=p2 /a?x=p3',
  'end in success': '/a',
  'end after a failure': '/a',
  'a runaway': Array(21).fill('/a').join(' '),
  'a runaway of workflows': Array(11).fill('/a').join(' '),
  'a workflow in a step': '/b?x=4 /c?x=9',
  'a workflow in a step that fails': '/b?x=4',
  'a workflow in a step, tried again': '/b?x=4 /b?x=4 /c?x=1',
  'a workflow in a step that tries again itself': '/b?x=4 /b?x=4 /c?x=1',
  'a workflow in a step that takes too long': '/b?x=4',
  'a workflow in a step that takes too long while it waits': '/b?x=4',
  'a criterion on outputs of a workflow': '/b?x=4',
  'a criterion on the response within a workflow': '/b?x=4 /c?x=6',
  'a workflow in a workflow in a step': '/a /b',
  'a prerequisite': '/a /b?x=2',
  'a prerequisite that fails': '/a',
  'prerequisites of prerequisites, each once': '/a /b /c?x=4',
  'steps in the order that dependsOn asks for': '/b /c /a',
  'a step that was left out': '/a',
  'actions of the workflow and of components': '/a /a /b /c',
  'a step that fails beside a goto': '/a /b',
  'an output that cannot be had': '/a',
  "a workflow's output that cannot be had": '/a',
  "a workflow's output that cannot be had, in a step": '/a /c',
  "a workflow's output that cannot be had, after a failure": '/a /b',
  'a path without a value': '/a',
  'a path without a value, with a way out': '/a /c',
  'a replacement where nothing can be': '/a',
  'a timeout': '/a',
  'a timeout in a body': '/a',
  'a timeout with a way out': '/a /a /b',
  'a connection that ends, with a way out': '/make /make /b',
  'criteria of 1.0': '/a',
}

const cases: Case[] = [
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
  flowCase(
    'by status if there are no criteria',
    main(['stepId: a, operationId: a', 'stepId: b, operationId: b']),
    { '/a': [{ status: 500 }] },
    { state: 'failed', because: /responded with 500/ },
  ),
  flowCase('a retry that does not', again('retryAfter: 0, retryLimit: 2'), { '/a': [busy] }, { state: 'failed' }),
  flowCase('a retry without a limit is one', again('retryAfter: 0'), { '/a': [busy, busy, {}] }, { state: 'failed' }),
  flowCase(
    'a retry with the limit 0 is none',
    again('retryAfter: 0, retryLimit: 0'),
    { '/a': [busy, {}] },
    { state: 'failed' },
  ),
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
    'retries are counted anew if the step is entered anew',
    main([
      'stepId: a, operationId: a, onSuccess: [{ name: stop, type: end, criteria: [{ condition: $statusCode == 201 }] }]',
      `stepId: b, operationId: b, ${ok}, onFailure: [{ name: again, type: retry, retryAfter: 0 }, { name: back, type: goto, stepId: a }]`,
    ]),
    { '/a': [{}, {}, { status: 201 }], '/b': [busy] },
  ),
  ...(
    [
      ['a Retry-After of 25 days', '60', '2160000'],
      ['a retryAfter of 25 days', '2160000', undefined],
      ['a Retry-After of 400 digits', '60', '9'.repeat(400)],
    ] as const
  ).map(([name, after, header]) =>
    flowCase(
      name,
      three(`, onFailure: [{ name: again, type: retry, retryAfter: ${after}, retryLimit: 3 }]`),
      { '/b': [{ status: 503, headers: header ? [['Retry-After', header]] : [] }, {}] },
      { state: 'failed', because: /not tried again.*24\.8 days/ },
    ),
  ),
  flowCase(
    'a Retry-After of more than the timeout of its step',
    three(', timeout: 30000, onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 3 }]'),
    { '/b': [{ status: 503, headers: [['Retry-After', '60']] }, {}] },
    { state: 'failed', because: /asks for a wait of 60 s.*longer than the 30 s/ },
  ),
  flowCase(
    'a retryAfter of more than the timeout of its step',
    three(', timeout: 1000, onFailure: [{ name: again, type: retry, retryAfter: 1.05 }]'),
    { '/b': [busy, {}] },
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
    'goto to another workflow, with the inputs of the first',
    `
  - workflowId: main
    inputs: { type: object, properties: { who: { type: string } } }
    steps:
      - { stepId: a, operationId: a, outputs: { n: $response.body#/n }, onSuccess: [{ name: over, type: goto, workflowId: other }] }
      - { stepId: b, operationId: b }
    outputs: { n: $steps.a.outputs.n }
  - workflowId: other
    inputs: { type: object, properties: { who: { type: string } } }
    steps: [{ stepId: c, operationId: c, parameters: [{ name: x, in: query, value: $inputs.who }] }]
    outputs: { who: $inputs.who }
`,
    { '/a': [{ json: { n: 1 } }] },
    { inputs: { who: 'me' }, outputs: { n: 1, who: 'me' } },
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
    { options: { severities: { 'forward-reference': 'off' } } },
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
    { state: 'failed', because: /runaway after 21 step visits/ },
  ),
  flowCase(
    'a runaway of workflows',
    main(['stepId: a, operationId: a', 'stepId: b, workflowId: main']),
    {},
    { state: 'failed', because: /runaway after 21 step visits/ },
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
    'a workflow in a step that takes too long',
    nested(', timeout: 80'),
    { '/b': [mute] },
    { state: 'failed', because: /workflow step "inner" took longer than its timeout of 80 ms/, iterations: 1 },
  ),
  flowCase(
    'a workflow in a step that takes too long while it waits',
    nested(', timeout: 80', ', onFailure: [{ name: again, type: retry, retryAfter: 60 }]'),
    { '/b': [busy] },
    { state: 'failed', because: /workflow step "inner" took longer than its timeout of 80 ms/, iterations: 1 },
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
    'prerequisites of prerequisites, each once',
    `
  - workflowId: main
    dependsOn: [second, first]
    steps: [{ stepId: c, operationId: c, parameters: [{ name: x, in: query, value: $workflows.first.outputs.n }] }]
  - workflowId: first
    steps: [{ stepId: a, operationId: a, outputs: { n: $response.body#/n } }]
    outputs: { n: $steps.a.outputs.n }
  - workflowId: second
    dependsOn: [first]
    steps: [{ stepId: b, operationId: b }]
`,
    { '/a': [{ json: { n: 4 } }] },
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
    { '/a': [text] },
    { state: 'failed', because: /Failed to evaluate "v"/ },
  ),
  flowCase(
    "a workflow's output that cannot be had",
    `${main('stepId: a, operationId: a, outputs: { v: $response.body }')}    outputs: { v: ${ofText} }\n`,
    { '/a': [text] },
    { state: 'failed', because: /Failed to evaluate "v"/ },
  ),
  flowCase(
    "a workflow's output that cannot be had, in a step",
    `${main(['stepId: call, workflowId: child, onFailure: [{ name: on, type: goto, stepId: c }]', 'stepId: c, operationId: c'])}
  - workflowId: child
    steps: [{ stepId: a, operationId: a, outputs: { v: $response.body } }]
    outputs: { v: ${ofText} }
`,
    { '/a': [text] },
  ),
  flowCase(
    "a workflow's output that cannot be had, after a failure",
    `${main(['stepId: a, operationId: a, outputs: { v: $response.body }', `stepId: b, operationId: b, ${ok}`])}    outputs: { v: ${ofText} }\n`,
    { '/a': [text], '/b': [busy] },
    { state: 'failed', because: /\$statusCode == 200 is not met \(503\)/ },
  ),
  flowCase('a path without a value', from(inPath), {}, { state: 'failed', because: /\{id\} has no value/ }),
  flowCase(
    'a path without a value, with a way out',
    from(`${inPath}, onFailure: [{ name: round, type: goto, stepId: c }]`, 'stepId: c, operationId: c'),
  ),
  flowCase(
    'a replacement where nothing can be',
    from(
      'stepId: make, operationId: make, requestBody: { contentType: application/json, payload: $steps.a.outputs.v, replacements: [{ target: /a/b, value: 1 }] }',
    ),
    { '/a': [{ json: { v: 'text' } }] },
    { state: 'failed', because: /Failed to/ },
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

export const flow: Case[] = cases.map(one => ({ ...one, urls: urls[one.name] ?? 'are not given' }))
