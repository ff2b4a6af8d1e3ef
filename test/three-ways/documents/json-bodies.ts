import { type Case, main, reading } from '../case.ts'

/** Longer than what a reader would read of habit, shorter than what is held. */
const filler = (length: number) => `"filler":[${Array.from({ length }, (_, n) => `{"n":${n},"t":"x y"}`).join(',')}]`

const said = (text: string) => ({
  '/a': [{ headers: [['Content-Type', 'application/json']] as [string, string][], body: text }],
})

const doc = (name: string, text: string, outputs: Record<string, unknown> | undefined, pointer = '/v'): Case => ({
  name,
  workflows: reading({ v: `$response.body#${pointer}` }),
  script: said(text),
  ...(outputs ? { state: 'passed', outputs } : { state: 'failed', because: /Failed to read the body as JSON/ }),
})

/** The same fault behind what is wanted, in bodies of several lengths. */
const lengths = { short: 1, '3 KB': 150, '100 KB': 5_000 }

const behind = Object.entries(lengths).flatMap(([length, count]) => {
  const rest = filler(count)
  const named = (name: string) => `${name}, ${length}`
  return [
    doc(named('whole'), `{"v":1,${rest}}`, { v: 1 }),
    doc(named('a comma too many'), `{"v":1,${rest},}`, undefined),
    doc(named('a word that is none'), `{"v":1,${rest},"b":tru}`, undefined),
    doc(named('a bracket of the other kind'), `{"v":1,${rest}]`, undefined),
    doc(named('no bracket at the end'), `{"v":1,${rest}`, undefined),
    doc(named('more behind the end'), `{"v":1,${rest}} {}`, undefined),
    doc(named('a string that does not end'), `{"v":1,${rest},"b":"`, undefined),
    doc(named('a control character in a string'), `{"v":1,${rest},"b":"\n"}`, undefined),
    doc(named('a number with a leading zero'), `{"v":1,${rest},"b":01}`, undefined),
    doc(named('a wrong escape'), `{"v":1,${rest},"b":"\\x"}`, undefined),
    doc(named('twice: the last'), `{"v":1,${rest},"v":2}`, { v: 2 }),
    doc(named('twice, by an escape'), `{"v":1,${rest},"\\u0076":2}`, { v: 2 }),
    doc(named('twice, the parent'), `{"p":{"v":1},${rest},"p":{"v":2}}`, { v: 2 }, '/p/v'),
    doc(named('twice, the second parent has none'), `{"p":{"v":1},${rest},"p":{}}`, {}, '/p/v'),
    doc(named('twice in an item'), `{"l":[{"v":1,${rest},"v":2}]}`, { v: 2 }, '/l/0/v'),
  ]
})

/** A step that is come to again and again: what the first responses were like says nothing of the next. */
const later = Object.entries(lengths).flatMap(([length, count]) => {
  const rest = filler(count)
  const good = `{"v":1,"more":true,${rest}}`
  const again = (name: string, last: string, end: Partial<Case>): Case => ({
    name: `${name} after nine good ones, ${length}`,
    workflows: reading(
      { v: '$response.body#/v' },
      'stepId: a, operationId: a, onSuccess: [{ name: on, type: goto, stepId: a, criteria: [{ condition: $response.body#/more == true }] }]',
    ),
    script: {
      '/a': [...Array.from({ length: 9 }, () => good), last].map(body => ({
        headers: [['Content-Type', 'application/json']] as [string, string][],
        body,
      })),
    },
    state: 'passed',
    iterations: 2,
    ...end,
  })
  const fault: Partial<Case> = { state: 'failed', because: /Failed to read the body as JSON/ }
  return [
    again('a comma too many', `{"v":1,"more":false,${rest},}`, fault),
    again('a bracket of the other kind', `{"v":1,"more":false,${rest}]`, fault),
    again('a word that is none', `{"v":1,"more":false,${rest},"b":tru}`, fault),
    again('twice', `{"v":1,"more":false,${rest},"v":2}`, { outputs: { v: 2 } }),
    again('a whole one', `{"v":3,"more":false,${rest}}`, { outputs: { v: 3 } }),
  ]
})

const values: [string, string, unknown][] = [
  ['an integer', '12', 12],
  ['a negative fraction', '-0.5e-3', -0.0005],
  ['minus zero', '-0', -0],
  ['a large number', '1e400', Number.POSITIVE_INFINITY],
  ['eighteen digits', '0.123456789012345678', Number('0.123456789012345678')],
  ['text with escapes', '"\\u00e4\\n\\"\\/"', 'ä\n"/'],
  ['text of other scripts', '"日本語 🎉"', '日本語 🎉'],
  ['empty text', '""', ''],
  ['true', 'true', true],
  ['null', 'null', null],
  ['an empty list', '[]', []],
  ['a nested value', '{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
  ['__proto__', '{"__proto__":1}', JSON.parse('{"__proto__":1}')],
]

const pointers: [string, string, string, unknown][] = [
  ['an empty name', '{"":{"":1}}', '//', 1],
  ['a name with a slash and a tilde', '{"a/b~":1}', '/a~1b~0', 1],
  ['an item', '{"v":[10,11,12]}', '/v/2', 12],
  ['a name of digits', '{"v":{"2":"x"}}', '/v/2', 'x'],
  ['the length of a list is no member', '{"v":[1]}', '/v/length', undefined],
  ['beyond a list', '{"v":[1]}', '/v/1', undefined],
  ['a name beyond text', '{"v":"text"}', '/v/a', undefined],
  ['a name beyond null', '{"v":null}', '/v/a', undefined],
  ['a list at the top', '[{"v":1}]', '/0/v', 1],
  ['a number at the top', '12', '/v', undefined],
  ['text at the top', '"v"', '/v', undefined],
]

const steps = (step: string, script = said('{"v":1,}')): Pick<Case, 'workflows' | 'script'> => ({
  workflows: reading({}, `stepId: a, operationId: a, ${step}`),
  script,
})

const misread: Pick<Case, 'state' | 'because'> = {
  state: 'failed',
  because: /^step "a" failed: Failed to read the body as JSON: .* at byte \d+\.$/,
}

const broken = { 'before its fault': `{"v":1,${filler(150)},}`, 'behind its fault': `{"a":,${filler(5_000)},"v":1}` }

/** Conditions that are met by what is missing: of a body that cannot be read nobody knows what is missing. */
const metByNothing = [
  '$response.body#/v != 5',
  '$response.body#/error == null',
  '!($response.body#/error)',
  '$response.body.error != true',
  '$response.body.list[0] != 1',
  '$response.body#/v != 5 || $response.body#/v == 5',
]

const end = (criterion: string) => `onSuccess: [{ name: on, type: end, criteria: [{ ${criterion} }] }]`

/** What is decided by a body that is not the JSON it says it is. */
const unread: Case[] = [
  ...metByNothing.flatMap(condition =>
    Object.entries(broken).map(
      ([where, body]): Case => ({
        name: `a criterion on a value ${where} is not met by what is missing: ${condition}`,
        ...steps(`successCriteria: [{ condition: "${condition}" }]`, said(body)),
        state: 'failed',
        because: / is not met \(nothing.*\); Failed to read the body as JSON: .* at byte \d+$/,
      }),
    ),
  ),
  {
    name: 'a criterion that is not met says what is wrong with the body',
    ...steps('successCriteria: [{ condition: $response.body#/v == 1 }]', said(broken['before its fault'])),
    state: 'failed',
    because: /\$response\.body#\/v == 1 is not met \(nothing\); Failed to read the body as JSON: .* at byte \d+$/,
  },
  {
    name: 'a criterion that is not met before the body is asked for says nothing of it',
    ...steps('successCriteria: [{ condition: $statusCode == 201 }, { condition: $response.body#/v == 1 }]'),
    state: 'failed',
    because: /\$statusCode == 201 is not met \(200\)$/,
  },
  {
    name: 'a criterion that is met before it asks for the body',
    ...steps('successCriteria: [{ condition: $statusCode == 200 || $response.body#/v == 1 }]'),
    state: 'passed',
  },
  {
    name: 'a criterion that asks for the body first is not met, whatever stands behind',
    ...steps('successCriteria: [{ condition: $response.body#/v == 1 || $statusCode == 200 }]'),
    state: 'failed',
    because: /is not met \(nothing, 200\); Failed to read the body as JSON/,
  },
  {
    name: 'criteria on such a body as text',
    ...steps(
      'successCriteria: [{ condition: $response.body != null }, { context: $response.body, type: regex, condition: "v" }]',
    ),
    state: 'passed',
  },
  {
    name: 'a body that does not say that it is JSON',
    ...steps('successCriteria: [{ condition: $response.body#/v != 5 }]', {
      '/a': [{ headers: [['Content-Type', 'text/plain']], body: '{"v":1,}' }],
    }),
    state: 'failed',
    because: /its Content-Type is text\/plain/,
  },
  ...[
    'condition: $response.body#/v == 1',
    "condition: $response.body#/v != 'pending'",
    'condition: $response.body.v != 2',
    'context: $response.body, type: jsonpath, condition: $.v',
    'context: $response.body, type: jsonpath, condition: "$[?count(@.v) > 0]"',
    'context: $response.body, condition: "$.v", type: { type: jsonpath, version: draft-goessner-dispatch-jsonpath-00 }',
  ].flatMap(criterion =>
    Object.entries(broken).map(
      ([where, body]): Case => ({
        name: `an action that depends on a value ${where}: ${criterion}`,
        ...steps(end(criterion), said(body)),
        ...misread,
      }),
    ),
  ),
  {
    name: 'an action that is chosen before one that depends on a value',
    ...steps(
      'onSuccess: [{ name: on, type: end, criteria: [{ condition: $statusCode == 200 }] }, ' +
        '{ name: off, type: end, criteria: [{ condition: $response.body#/v == 1 }] }]',
    ),
    state: 'passed',
  },
  {
    name: 'an action of a failure is not chosen by what is missing either',
    workflows: main(
      [
        'stepId: a, operationId: a, onFailure: [{ name: on, type: goto, stepId: b, criteria: [{ condition: $response.body#/fatal != true }] }]',
        'stepId: b, operationId: b',
      ],
      {},
    ),
    script: { '/a': [{ status: 503, headers: [['Content-Type', 'application/json']], body: '{"v":' }] },
    state: 'failed',
    because: /the server responded with 503/,
  },
  {
    name: 'a step that could not read its body is followed by what its failure asks for',
    workflows: main([
      'stepId: a, operationId: a, successCriteria: [{ condition: $response.body#/v != 5 }], onFailure: [{ name: on, type: goto, stepId: b }]',
      'stepId: b, operationId: b',
    ]),
    script: said('{"v":1,}'),
    state: 'passed',
  },
  {
    name: "a workflow's output from such a body",
    workflows: main('stepId: a, operationId: a', { v: '$response.body#/v' }),
    script: said('{"v":1,}'),
    state: 'failed',
    because: /Failed to read the body as JSON: .* at byte \d+\.$/,
  },
  {
    name: "a workflow's output as text",
    workflows: main('stepId: a, operationId: a', { v: '$response.body' }),
    script: said('{"v":1,}'),
    state: 'passed',
    outputs: { v: '{"v":1,}' },
  },
  {
    name: "an action's parameter from such a body",
    workflows:
      main(
        'stepId: a, operationId: a, onSuccess: [{ name: on, type: goto, workflowId: next, parameters: [{ name: v, value: $response.body#/v }] }]',
      ) + '\n  - workflowId: next\n    steps:\n      - { stepId: b, operationId: b }\n',
    script: said('{"v":1,}'),
    state: 'failed',
    because: /Failed to read the body as JSON: .* at byte \d+\.$/,
  },
  ...[
    [
      'beside outputs of its own',
      '$response.body#/error != true && $steps.a.outputs.k == 200',
      'outputs: { k: $statusCode }',
    ],
    ['by an output of its own', '$steps.a.outputs.k != 5', 'outputs: { k: $response.body#/v }'],
    ["beside the workflow's outputs", "$response.body#/error != true && $outputs.k == 'x'", ''],
    ["by the workflow's outputs", '$outputs.z != 5', ''],
  ].map(
    ([way, condition, outputs]): Case => ({
      name: `a criterion that looks for a value ${way}`,
      workflows: main(
        `stepId: a, operationId: a, successCriteria: [{ condition: "${condition}" }]${outputs && `, ${outputs}`}`,
        { k: 'x', z: '$response.body#/z' },
      ),
      script: said('{"v":1,}'),
      state: 'failed',
      because: / is not met \(.*\); Failed to read the body as JSON: .* at byte 7$/,
    }),
  ),
  ...[
    '{ q: "{$response.body#/v}{$outputs.k}" }',
    '{ k: $statusCode, q: "{$response.body#/v}-{$steps.a.outputs.k}" }',
    '{ q: $outputs.z }',
  ].map(
    (outputs): Case => ({
      name: `an output beside, or by, other outputs: ${outputs}`,
      workflows: main([`stepId: a, operationId: a, outputs: ${outputs}`, 'stepId: b, operationId: b'], {
        k: 'x',
        z: '$response.body#/z',
      }),
      script: said('{"v":1,}'),
      ...misread,
    }),
  ),
  ...[
    '$outputs.z == 1',
    '$statusCode == 201 }] }, { name: off, type: end, criteria: [{ condition: $response.body#/v == 1',
  ].map(
    (condition): Case => ({
      name: `an action that depends on a value by the workflow's outputs, or behind another: ${condition}`,
      workflows: main([`stepId: a, operationId: a, ${end(`condition: ${condition}`)}`, 'stepId: b, operationId: b'], {
        z: '$response.body#/z',
      }),
      script: said('{"v":1,}'),
      ...misread,
    }),
  ),
  {
    name: 'a failure that goes to a workflow leaves nothing behind',
    workflows:
      main(
        'stepId: a, operationId: a, successCriteria: [{ condition: $response.body#/v == 1 }], ' +
          'onFailure: [{ name: on, type: goto, workflowId: next }]',
        { s: '$statusCode' },
      ) + '\n  - workflowId: next\n    steps:\n      - { stepId: b, operationId: b }\n',
    script: said('{"v":1,}'),
    state: 'passed',
  },
  {
    name: 'actions of a step that runs before a retry are not chosen, and ask for nothing',
    workflows: main([
      'stepId: a, operationId: a, successCriteria: [{ condition: $response.body#/ok == true }], ' +
        'onFailure: [{ name: again, type: retry, retryLimit: 1, stepId: b }, { name: over, type: end }]',
      `stepId: b, operationId: b, ${end('condition: $response.body#/v == 1')}`,
    ]),
    script: {
      '/a': [{ json: { ok: false } }, { json: { ok: true } }],
      '/b': [{ headers: [['Content-Type', 'application/json']], body: '{"v":1,}' }],
    },
    state: 'failed',
    because: /^step "b" failed: Failed to read the body as JSON/,
  },
  {
    name: 'a criterion on an output of its own says what it found',
    workflows: main(
      'stepId: a, operationId: a, successCriteria: [{ condition: $steps.a.outputs.k == 201 }], outputs: { k: $statusCode }',
    ),
    script: said('{}'),
    state: 'failed',
    because: /\$steps\.a\.outputs\.k == 201 is not met \(200\)$/,
  },
  {
    name: 'a criterion on the last response of a workflow that a step runs',
    workflows:
      main('stepId: a, workflowId: inner, successCriteria: [{ condition: $response.body#/v != 5 }]') +
      '\n  - workflowId: inner\n    steps:\n      - { stepId: b, operationId: a }\n',
    script: said('{"v":1,}'),
    state: 'failed',
    because: /^step "a" failed: \$response\.body#\/v != 5 is not met \(nothing\); Failed to read .* at byte 7$/,
  },
  {
    name: 'a workflow that a step runs gets over such a body, and the step does not look at it',
    workflows:
      main('stepId: a, workflowId: inner, successCriteria: [{ condition: $statusCode == 200 }]') +
      '\n  - workflowId: inner\n    steps:\n      - { stepId: b, operationId: a, ' +
      'successCriteria: [{ condition: $response.body#/v != 5 }], onFailure: [{ name: on, type: goto, stepId: c }] }\n' +
      '      - { stepId: c, operationId: b }\n',
    script: said('{"v":1,}'),
    state: 'passed',
  },
]

export const jsonBodies: Case[] = [
  ...behind,
  ...later,
  ...values.map(([name, text, v]) =>
    // What JSON has no word for is not compared, and is the same all the same.
    doc(name, `{"v":${text}}`, v === undefined ? {} : { v }),
  ),
  ...pointers.map(([name, text, pointer, v]) => doc(name, text, v === undefined ? {} : { v }, pointer)),
  ...unread,
  {
    name: 'a criterion on a value that comes twice',
    workflows: reading({}, 'stepId: a, operationId: a, successCriteria: [{ condition: $response.body#/v == 2 }]'),
    script: said(`{"v":1,${filler(150)},"v":2}`),
    state: 'passed',
  },
  {
    name: 'a fault in a body of which nothing is read',
    workflows: reading({ s: '$statusCode' }),
    script: said('{"v":1,}'),
    state: 'failed',
    because: /Failed to read the body as JSON: unexpected "}" at byte 7/,
  },
]
