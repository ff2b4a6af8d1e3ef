import { run } from '../../run.mjs'
import { BUDGETS, config, document, loadTest, openapi, responses } from '../projects.mjs'

/** @typedef {import('../projects.mjs').Project} Project */

/*
 * Applications that were not made for this package: each with its suite and load, and three runs that have to fail,
 * since one request in 40 gets no response, a reset connection or a page in the place of its data.
 */

const WAYS = ['suite and load', 'hang', 'reset', 'wrong data']

/** @param {string} summary @param {Record<string, object>} [more] */
export const operation = (summary, more = {}) => ({ operationId: summary, responses, ...more })
export const form = { requestBody: { content: { 'application/x-www-form-urlencoded': { schema: {} } } } }
export const json = { requestBody: { content: { 'application/json': { schema: {} } } } }
/** @param {string} name @param {'query' | 'path'} where */
export const parameter = (name, where) => ({ name, in: where, required: true, schema: { type: 'string' } })

/** @param {...[program: string, debian: string]} programs */
export const needs =
  (...programs) =>
  async () => {
    const missing = []
    for (const [program, debian] of programs)
      if ((await run('sh', ['-c', `command -v ${program}`])).code !== 0) missing.push(debian)
    return missing.length === 0 ? undefined : `apt-get install ${missing.join(' ')} brings what it needs`
  }

/**
 * @param {string} name
 * @param {object} parts
 * @param {string} parts.server the option `server`, as JavaScript
 * @param {Record<string, object>} parts.paths of its OpenAPI description
 * @param {string} parts.steps of the workflow, as YAML
 * @param {number} parts.count of the steps
 * @param {string} parts.memory
 * @param {Record<string, string>} [parts.files]
 * @param {readonly string[]} [parts.packages]
 * @param {Project['prepare']} [parts.prepare]
 * @param {string} [parts.more] options of the plugin
 * @param {Project['env']} [parts.env] of the installation
 * @param {boolean} [parts.spoilsItself] it reads the kind of fault from the variable SPOIL
 * @returns {Project}
 */
export const project = (
  name,
  { server, paths, steps, count, memory, files = {}, packages = [], prepare, more, env, spoilsItself },
) => ({
  name,
  packages,
  prepare,
  env,
  spoilsItself,
  ways: WAYS,
  tests: count + BUDGETS,
  files: {
    'package.json': JSON.stringify({ name: 'unmet', private: true, type: 'module' }),
    'vitest.config.js': config(server, more),
    'openapi.json': openapi(paths),
    'flow.arazzo.yaml': document(steps),
    'load.test.js': loadTest('./flow.arazzo.yaml', memory, '{ vus: 4, iterations: 60 }'),
    ...files,
  },
})

/** @param {string} command @param {string} path that answers once the application is up */
export const server = (command, path) => `{ command: '${command}', url: 'http://127.0.0.1:{port}${path}' }`
