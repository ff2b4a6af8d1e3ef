import { fileURLToPath } from 'node:url'
import type { BareRequest } from '../bare-dispatch.ts'
import { token } from './bodies.ts'

/** What is asked of the target, in the words of the peers and in ours. */
export interface Workload {
  name: WorkloadName
  title: string
  isTls?: boolean
  /** Whether only wrk is measured beside ours. */
  isShort?: boolean
  /** What peers send, in turn: fixed text, nothing is read of the answers. */
  requests: readonly BareRequest[]
  /** What ours run: `path#workflowId`, by what a row says of it. */
  workflows: Readonly<Record<string, string>>
}

export type WorkloadName =
  | 'plain'
  | 'ten-kilobytes'
  | 'changing'
  | 'changing-megabyte'
  | 'three-steps'
  | 'post'
  | 'one-megabyte'
  | 'tls'

const path = (name: string) => fileURLToPath(new URL(`../documents/${name}`, import.meta.url))
const single = (workflow: string) => `${path('macro.arazzo.yaml')}#${workflow}`
const threeSteps = `${path('three-steps.arazzo.yaml')}#buy`
const json = ['content-type', 'application/json']
const authorization = ['authorization', `Bearer ${token}`]
const get = (url: string): BareRequest => ({ method: 'GET', path: url })

/** The three steps come next to the plain GET, with which a bar compares them: the machine drifts. */
export const workloads: readonly Workload[] = [
  {
    name: 'plain',
    title: 'Plain GET, 91 bytes of JSON',
    requests: [get('/')],
    workflows: { 'a criterion and an output of JSON': single('plain') },
  },
  {
    name: 'three-steps',
    title: 'Three steps: POST login, GET list, GET item',
    requests: [
      { method: 'POST', path: '/login', headers: json, body: '{"username":"demo","password":"demo-password"}' },
      { ...get('/items'), headers: authorization },
      { ...get('/items/item-4'), headers: authorization },
    ],
    workflows: { 'token and id carried over, a criterion a step': threeSteps },
  },
  {
    name: 'ten-kilobytes',
    title: 'GET, 10 KB of JSON',
    requests: [get('/ten-kilobytes.json')],
    workflows: { 'two outputs, one of them the last member': single('ten-kilobytes') },
  },
  {
    name: 'changing',
    title: 'GET, 10 KB of JSON, one of 64 bodies each time',
    isShort: true,
    requests: [get('/changing.json')],
    workflows: { 'two outputs, one of them the last member': single('changing') },
  },
  {
    name: 'post',
    title: 'POST JSON',
    requests: [{ method: 'POST', path: '/orders', headers: json, body: '{"item":"item-4","count":2}' }],
    workflows: { 'body of inputs, a criterion and an output': single('post') },
  },
  {
    name: 'one-megabyte',
    title: 'GET, 1 MB of JSON',
    requests: [get('/one-megabyte.json')],
    workflows: { 'an early output': single('one-megabyte-early'), 'a late output': single('one-megabyte-late') },
  },
  {
    name: 'changing-megabyte',
    title: 'GET, 1 MB of JSON, one of 64 bodies each time',
    isShort: true,
    requests: [get('/changing-megabyte.json')],
    workflows: { 'a late output': single('changing-megabyte') },
  },
  {
    name: 'tls',
    title: 'Over TLS',
    isTls: true,
    requests: [get('/')],
    workflows: { 'plain GET, a criterion and an output': single('plain'), 'the three steps': threeSteps },
  },
]
