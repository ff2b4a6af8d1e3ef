type Words = readonly [description: string, ...examples: unknown[]]

const action = {
  name: ['What the action is called; one of a step takes the place of one of its workflow with the same name.', 'done'],
  workflowId: ['The workflow that `goto` and `retry` run.', 'login'],
  stepId: ['The step that `goto` goes to, or that `retry` runs first.', 'list'],
  parameters: ['Inputs of the workflow that is run (1.1).', [{ name: 'user', value: '$inputs.user' }]],
  criteria: [
    'When the action is taken: all of these have to hold. Default: always.',
    [{ condition: '$statusCode == 200' }],
  ],
} satisfies Record<string, Words>

/** What editors show of the fields of the specification's objects: words, then examples. */
export const arazzoWords: Readonly<Record<string, Readonly<Record<string, Words>>>> = {
  'Arazzo Specification': {
    arazzo: ['Version of the specification.', '1.0.1', '1.1.0'],
    $schema: [
      'The schema by which editors complete the document.',
      './node_modules/vitest-arazzo/schemas/arazzo.v1.json',
    ],
    $self: [
      'URI of the document, against which relative ones are resolved (1.1).',
      'https://example.com/shop.arazzo.yaml',
    ],
    info: ['What the document is.', { title: 'Shop', version: '1.0.0' }],
    sourceDescriptions: [
      'The descriptions whose operations, channels or workflows are used.',
      [{ name: 'shop', url: './openapi.yaml', type: 'openapi' }],
    ],
    workflows: [
      'Each is a suite of tests, and may be run as load.',
      [{ workflowId: 'look', steps: [{ stepId: 'list', operationId: 'listPets' }] }],
    ],
    components: ['What several workflows share, to be referred to.', { inputs: { user: { type: 'string' } } }],
  },
  Info: {
    title: ['Name of the document.', 'Shop'],
    version: ['Version of the document itself.', '1.0.0'],
    summary: ['A line about it.', 'Buying and paying'],
    description: ['More about it, in CommonMark.', 'How the shop is used.'],
  },
  'Source Description': {
    name: ['What the source is called in expressions and options: letters, digits, `_` and `-`.', 'shop'],
    url: [
      'Its file, relative to the document. Addresses on the web are not fetched: the option `sources` names a file.',
      './openapi.yaml',
    ],
    type: ['What it is; `asyncapi` with 1.1. Default: `openapi`.', 'openapi'],
  },
  Workflow: {
    workflowId: ['Name of the suite, unique in the document: letters, digits, `_` and `-`.', 'checkout'],
    summary: ['A line about it.', 'Buys the first thing on the list'],
    description: ['More about it, in CommonMark.', 'Logs in, and buys.'],
    inputs: [
      'JSON Schema of its inputs; `format: password` keeps a value out of reports.',
      { type: 'object', required: ['user'], properties: { user: { type: 'string' } } },
    ],
    dependsOn: ['Workflows that have to pass before it.', ['login']],
    steps: ['Its requests, in order; each is a test.', [{ stepId: 'list', operationId: 'listPets' }]],
    successActions: [
      'What happens after each step that passed, unless the step says otherwise.',
      [{ name: 'done', type: 'end' }],
    ],
    failureActions: [
      'What happens after each step that failed, unless the step says otherwise.',
      [{ name: 'again', type: 'retry', retryAfter: 1, retryLimit: 3 }],
    ],
    outputs: ['What it leaves to whoever runs it.', { total: '$steps.pay.outputs.total' }],
    parameters: ['Parameters of all of its steps.', [{ name: 'api-version', in: 'header', value: '2' }]],
  },
  Step: {
    stepId: ['Name of the test, unique in the workflow: letters, digits, `_` and `-`.', 'list'],
    description: ['More about it, in CommonMark.', 'All pets.'],
    operationId: ['The operation that it calls.', 'listPets', '$sourceDescriptions.shop.listPets'],
    operationPath: ['The same by its place in the description.', '{$sourceDescriptions.shop.url}#/paths/~1pets/get'],
    channelPath: [
      'The channel that it sends to or receives from, by its place in an AsyncAPI description (1.1).',
      '{$sourceDescriptions.events.url}#/channels/orders',
    ],
    workflowId: ['The workflow that it runs instead of an operation.', 'login', '$sourceDescriptions.other.login'],
    parameters: [
      'What the request carries in path, query, headers and cookies; or inputs of `workflowId`.',
      [{ name: 'id', in: 'path', value: '$steps.list.outputs.id' }],
    ],
    requestBody: ['Body of the request, or the message that is sent.', { payload: { name: 'Rex' } }],
    successCriteria: [
      'What has to hold of the response. Default: a status below 400.',
      [{ condition: '$statusCode == 200' }],
    ],
    onSuccess: ['What happens when it has passed. Default: the next step.', [{ name: 'done', type: 'end' }]],
    onFailure: [
      'What happens when it has failed. Default: the workflow ends.',
      [{ name: 'again', type: 'retry', retryAfter: 1, retryLimit: 3 }],
    ],
    outputs: ['What later steps read: `$steps.list.outputs.id`.', { id: '$response.body#/0/id' }],
    timeout: ['The longest that an attempt may take, in milliseconds (1.1).', 5000],
    correlationId: ['Only messages that have it are received (1.1).', '$steps.order.outputs.id'],
    action: ['Whether a message is sent or received (1.1).', 'receive'],
    dependsOn: ['Steps that have to pass before it (1.1).', ['login']],
  },
  Parameter: {
    name: ['Name of the parameter, or of the input.', 'id'],
    in: ['Where it goes; absent for inputs of a workflow. `querystring` with 1.1.', 'path'],
    value: [
      'A value, an expression, or text with expressions in it.',
      '$inputs.id',
      'Bearer {$steps.login.outputs.token}',
    ],
  },
  'Success Action': {
    ...action,
    type: ['`end` ends the workflow as passed, `goto` goes to a step or a workflow.', 'goto'],
  },
  'Failure Action': {
    ...action,
    type: ['`end` ends the workflow as failed, `retry` tries again, `goto` goes to a step or a workflow.', 'retry'],
    retryAfter: ['Seconds before another try; the response header Retry-After wins. Default: 0.', 1],
    retryLimit: ['Tries after the first, at most. Default: 1.', 3],
  },
  Components: {
    inputs: ['Schemas, as `$ref: "#/components/inputs/user"`.', { user: { type: 'string' } }],
    parameters: [
      'Parameters, as `reference: $components.parameters.page`.',
      { page: { name: 'page', in: 'query', value: 1 } },
    ],
    successActions: [
      'Actions, as `reference: $components.successActions.done`.',
      { done: { name: 'done', type: 'end' } },
    ],
    failureActions: [
      'Actions, as `reference: $components.failureActions.again`.',
      { again: { name: 'again', type: 'retry', retryLimit: 3 } },
    ],
  },
  Criterion: {
    condition: [
      'What has to hold, in the language of `type`.',
      '$statusCode == 200',
      "$response.body#/status == 'sold'",
    ],
    context: ['What `regex`, `jsonpath` and `xpath` look at.', '$response.body'],
    type: ['Language of the condition. Default: `simple`.', 'jsonpath', { type: 'jsonpath', version: 'rfc9535' }],
    version: ['Version of the language.', 'draft-goessner-dispatch-jsonpath-00'],
  },
  'Expression Type': { type: ['The language.', 'jsonpath'], version: ['Its version.', 'rfc9535', 'xpath-31'] },
  Selector: {
    context: ['What is looked at.', '$response.body'],
    selector: ['What is taken out of it.', '$.items[0].id'],
    type: ['Language of the selector.', 'jsonpath'],
  },
  'Request Body': {
    contentType: ['Media type. Default: the first that the description has.', 'application/json'],
    payload: ['The body: a value with expressions in it, or text.', { name: '$inputs.name' }],
    replacements: ['Values that are put into the payload.', [{ target: '/name', value: '$inputs.name' }]],
  },
  'Payload Replacement': {
    target: ['Where the value goes: a JSON Pointer, or XPath in XML.', '/customer/name'],
    targetSelectorType: ['Language of `target` (1.1). Default: by the content.', 'jsonpath'],
    value: ['A value, an expression, or text with expressions in it.', '$inputs.name'],
  },
  Reusable: {
    reference: ['What is used from the components.', '$components.parameters.page'],
    value: ['Value of a parameter, instead of its own.', 2],
  },
}
