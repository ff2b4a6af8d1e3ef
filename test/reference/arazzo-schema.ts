import { readFileSync } from 'node:fs'
import { type ArazzoVersion, alternativesOf, shapes } from '../../src/document/shape.ts'
import * as z from '../../src/ground/zod.ts'
import { OPTION_FIELDS } from '../../src/load/plan/document-tests.ts'
import { arazzoWords } from './arazzo-words.ts'
import { type WrittenTypes, wordsFor } from './types.ts'

type Schema = Record<string, unknown>

/** Schema of Arazzo documents of both versions, with the fields of ours: `schemas/arazzo.v1.json` in the package. */
export function arazzoSchema(types: WrittenTypes): Schema {
  const { $id: _, $schema: __, $defs, ...vitest } = JSON.parse(readFileSync('schemas/x-vitest.v1.json', 'utf8'))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://unpkg.com/vitest-arazzo/schemas/arazzo.v1.json',
    title: 'Arazzo document',
    description: 'A document of Arazzo 1.0 or 1.1, with the extensions of vitest-arazzo.',
    // Every field of 1.0 is one of 1.1 as well; which may be used in a document, `vitest-arazzo validate` says.
    ...shapeSchema('1.1'),
    $defs: { ...$defs, 'x-vitest': vitest, 'x-load-test': loadTestSchema(types) },
  }
}

function shapeSchema(version: ArazzoVersion): Schema {
  return toSchema(shapes[version].schema)
}

function toSchema(shape: z.ZodType): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    unrepresentable: 'any',
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const alternatives = alternativesOf(zodSchema as unknown as z.ZodType)
      if (alternatives) Object.assign(jsonSchema, { anyOf: alternatives.map(toSchema) })
      if (jsonSchema.type === 'object' && jsonSchema.additionalProperties === false) extend(jsonSchema as Schema)
      if (jsonSchema.properties) explain(jsonSchema.properties as Record<string, Schema>)
    },
  }) as Schema
  return schema
}

/** Adds what editors show of the fields of one of the specification's objects, which is known by its fields. */
function explain(properties: Record<string, Schema>): void {
  const own = Object.keys(properties).filter(key => !key.startsWith('x-'))
  const isOf = (fields: readonly string[]) => own.length === fields.length && own.every(key => fields.includes(key))
  const [name] = Object.entries(shapes['1.1'].fields).find(([, fields]) => isOf(fields)) ?? [
    own.includes('context') ? 'Selector' : 'Reusable',
  ]
  for (const key of own) {
    const [description, ...examples] = arazzoWords[name]?.[key] ?? []
    if (description !== undefined) Object.assign(properties[key]!, { description })
    if (examples.length > 0) Object.assign(properties[key]!, { examples })
  }
}

/** Fields of anybody's own are allowed, and ours have a form. */
function extend(schema: Schema): void {
  const properties = schema.properties as Schema
  schema.patternProperties = { '^x-': true }
  const isWorkflow = 'workflowId' in properties && 'steps' in properties
  if ('stepId' in properties && 'successCriteria' in properties) {
    properties['x-events'] = eventsSchema(properties)
    properties['x-vitest'] = STEP_SCHEMA
  }
  if ('context' in properties && !('condition' in properties)) {
    properties['x-extract'] = EXTRACT_SCHEMA
    if (!('selector' in properties)) schema.required = ['context', 'x-extract']
  }
  if (isWorkflow || 'workflows' in properties) properties['x-vitest'] = { $ref: '#/$defs/x-vitest' }
  if (!isWorkflow) return
  const one = { $ref: '#/$defs/x-load-test' }
  properties['x-load-test'] = {
    description: 'A load test of the workflow, or a list of those, each with a name.',
    examples: [{ rps: 100, duration: '30s', budgets: { p95: '100ms', errorRate: '0.1%' } }],
    anyOf: [one, { type: 'array', items: one, minItems: 1 }],
  }
}

const STEP_SCHEMA: Schema = {
  type: 'object',
  description: 'How the test of the step runs (vitest-arazzo).',
  examples: [{ roundTrips: 1 }],
  additionalProperties: false,
  properties: {
    roundTrips: {
      description:
        'Round trips to other services that the application may make for its request. Default: those of the workflow.',
      examples: [3, { '127.0.0.1:5432': 2 }],
      $ref: '#/$defs/roundTrips',
    },
  },
}

/** How a part of a text is taken. */
const EXTRACT_SCHEMA: Schema = {
  type: 'object',
  description: 'Takes a part of the text: the first group of the first match. Without a match there is no value.',
  examples: [{ regex: 'page=(\\d+)[^<>]*>; rel="next"' }],
  required: ['regex'],
  additionalProperties: false,
  properties: {
    regex: {
      type: 'string',
      description: 'A regular expression with a group, by RE2: without look-around.',
      examples: ['name="csrfmiddlewaretoken" value="([^"]+)"'],
    },
    decode: { enum: ['none', 'url'], description: '`url` undoes percent-encoding, as of a query. Default: `none`.' },
  },
}

/** How a step reads an event stream; its criteria are those of the step. */
function eventsSchema({ successCriteria }: Schema): Schema {
  const criterion = { anyOf: [{ type: 'string' }, (successCriteria as { items: Schema }).items] }
  return {
    type: 'object',
    description: 'Reads a stream of server-sent events, `$response.body` being the list of those that have come.',
    examples: [{ until: "$response.body#/0/data == 'ready'", within: '10s' }],
    anyOf: [{ required: ['until'] }, { required: ['most'] }],
    additionalProperties: false,
    properties: {
      until: {
        description:
          'A condition, a Criterion Object or a list of those: reads until all hold, looked at after each event. ' +
          'Default: until `most` events have come.',
        examples: [{ context: '$response.body', type: 'jsonpath', condition: "$[?@.data == '[DONE]']" }],
        anyOf: [...criterion.anyOf, { type: 'array', items: criterion, minItems: 1 }],
      },
      most: {
        type: 'integer',
        minimum: 1,
        maximum: 1_000_000,
        description: 'How many events are read at most. Default: 1000.',
        examples: [3],
      },
      within: {
        type: ['string', 'number'],
        description:
          "How long it may take from the request on, as text or in milliseconds. Default: the step's `timeout`, else one " +
          'minute.',
        examples: ['10s'],
      },
    },
  }
}

function loadTestSchema(types: WrittenTypes): Schema {
  const shape = types.schemaOf(partsOf(types.typeOf('src/measure/shape.ts', 'LoadShape')))
  const options = types.describe('LoadOptions', types.typeOf('src/load/plan/options.ts', 'LoadOptions'))
  const beside = options.members.filter(({ name }) => OPTION_FIELDS.includes(name as never))
  const properties = Object.fromEntries(
    beside.map(member => [member.name, { ...wordsFor(member), ...types.schemaOf(member.types) }]),
  ) as Record<string, Schema>
  return {
    ...shape,
    title: 'x-load-test',
    description: 'A load test of the workflow.',
    properties: {
      name: {
        type: 'string',
        minLength: 1,
        description: 'What it is called. Needed in a list. Default: the workflow and "under load".',
        examples: ['at peak'],
      },
      mode: {
        enum: ['rps', 'rate', 'vus', 'constant', 'stages', 'adaptive', 'capacity'],
        description: 'What the load is about, where that is to be said.',
      },
      ...(shape.properties as Schema),
      ...properties,
    },
  }
}

const partsOf = (type: ReturnType<WrittenTypes['typeOf']>) => (type.isUnion() ? type.types : [type])
