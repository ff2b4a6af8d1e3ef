import { openapi } from '../builders/project.ts'
import type { Script } from './server.ts'
import type { Way } from './ways.ts'

/** A document, what its server says, and how it ends: the same in all ways of running. */
export interface Case extends Pick<Way, 'inputs' | 'options' | 'iterations'> {
  name: string
  /** YAML of the workflows, indented by two; `main` is run. */
  workflows: string
  script?: Script
  state: 'passed' | 'failed'
  /** In the reason of a failure. */
  because?: RegExp
  /** Some of the outputs. */
  outputs?: Record<string, unknown>
  /** The URLs of all requests, without their origin, divided by blanks. */
  urls?: string
  /** Some headers of the last request, as `name: value`. */
  headers?: readonly string[]
  /** The bodies of requests that have one. */
  bodies?: readonly string[]
  version?: string
  /** After the workflows. */
  more?: string
  /** Instead of the API below. */
  api?: string
}

const query = (name: string) => ({ name, in: 'query', schema: { type: 'string' } })

/** Operations of all methods, of which nothing is described but that they are there. */
export const api = openapi({
  a: ['get', '/a', { parameters: [query('x'), query('y')] }],
  b: ['get', '/b', { parameters: [query('x')] }],
  c: ['get', '/c', { parameters: [query('x')] }],
  item: ['get', '/items/{id}'],
  make: ['post', '/make'],
  renew: ['post', '/renew'],
  put: ['put', '/items/{id}'],
  patch: ['patch', '/items/{id}'],
  drop: ['delete', '/items/{id}'],
  head: ['head', '/a'],
  ask: ['options', '/a'],
})

/** The workflow `main` of steps, each written as the members of a YAML mapping; `outputs` are those of the workflow. */
export const main = (steps: string | string[], outputs: Record<string, string> = {}, more = ''): string => `
  - workflowId: main
${more}    steps:
${[steps]
  .flat()
  .map(step => `      - { ${step} }`)
  .join('\n')}
${Object.keys(outputs).length === 0 ? '' : `    outputs: ${JSON.stringify(outputs)}\n`}`

/** A step whose outputs are all the workflow's. */
export const reading = (outputs: Record<string, unknown>, step = 'stepId: a, operationId: a'): string =>
  main(
    `${step}, outputs: ${JSON.stringify(outputs)}`,
    Object.fromEntries(Object.keys(outputs).map(name => [name, `$steps.a.outputs.${name}`])),
  )

export const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
