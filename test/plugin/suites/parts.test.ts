import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shared } from '../../builders/shared.ts'
import { cases } from '../../builders/thorough.ts'
import { servePets } from './pets.ts'
import { copySuite, runSuite, startVitest, treeOf } from './run-suite.ts'

async function run(folder: string, args: string[] = []) {
  const pets = await servePets()
  return { ...(await runSuite(folder, args, { PETS_API: pets.url })), requests: pets.requests }
}

const all = shared(async () => run(await copySuite('parts')))

test('a workflow that others run, and whose inputs only they give, is a part: listed and not run by itself', async () => {
  const { tree, requests } = await all()
  expect(`${treeOf(tree, 'library.arazzo.yaml')}\n${treeOf(tree, 'shop.arazzo.yaml')}`).toMatchInlineSnapshot(`
    "library.arazzo.yaml
      visit
        ↓ part of "shop.arazzo.yaml#look", with input "id" [not run by itself]
    shop.arazzo.yaml
      look
        ✓ list
        ✓ open
        ✓ again
      open-by-id
        ↓ part of "look", with input "id" [not run by itself]
      get-pet
        ↓ part of "open-by-id", with input "id" [not run by itself]"
  `)
  expect(requests).toEqual(['GET /pets', 'GET /pets/1', 'GET /pets/1'])
})

test('vitest list shows a part as one', async () => {
  const folder = await copySuite('parts')
  const { child, output } = startVitest(folder, ['list', 'shop'])
  await new Promise(done => child.on('close', done))
  // Vitest 5 escapes the quotation marks of names.
  const listed = output().trim().replaceAll('\\"', '"').split('\n').slice(-2)
  expect(listed).toEqual([
    'shop.arazzo.yaml > open-by-id > part of "look", with input "id"',
    'shop.arazzo.yaml > get-pet > part of "open-by-id", with input "id"',
  ])
})

test('parts that only refer to one another are run by nobody, and fail', async () => {
  const { tree, exitCode } = await all()
  expect(treeOf(tree, 'circle.arazzo.yaml')).toMatchInlineSnapshot(`
    "circle.arazzo.yaml
      one
        × get (ArazzoError)
      two
        × call (ArazzoError)"
  `)
  expect(exitCode).toBe(1)
})

test('a run of nothing but parts fails', async () => {
  const folder = await copySuite('parts')
  const ways = cases<string[]>([['shop', '-t', 'open-by-id']], [['library'], ['shop', '-t', 'open-by-id part of']])
  for (const args of ways) {
    const { output, exitCode } = await run(folder, args)
    expect(exitCode, output).toBe(1)
    expect(output).toContain('Failed to run a workflow: all workflows that were asked for are only run by others.')
  }
})

test('a shard of all documents that has nothing but parts passes: another shard runs them', async () => {
  const folder = await copySuite('parts')
  rmSync(join(folder, 'circle.arazzo.yaml'))
  const shards = [await run(folder, ['--shard', '1/2']), await run(folder, ['--shard', '2/2'])]
  expect(shards.map(({ tree }) => tree.includes('✓')).sort()).toEqual([false, true])
  expect(shards.map(({ exitCode }) => exitCode)).toEqual([0, 0])
})

test('a filter by tags that finds nothing but parts fails', async () => {
  const folder = await copySuite('parts')
  const config = join(folder, 'vitest.config.ts')
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('({ plugins', "({ test: { tags: [{ name: 'small' }] }, plugins"),
  )
  const file = join(folder, 'shop.arazzo.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('- workflowId: get-pet\n', '- workflowId: get-pet\n    x-vitest: { tags: small }\n'))
  const { output, exitCode, requests } = await run(folder, ['shop', '--tags-filter', 'small'])
  expect(output).toContain('Failed to run a workflow: all workflows that were asked for are only run by others.')
  expect(exitCode).toBe(1)
  expect(requests).toEqual([])
})

test('what gives a part its inputs, or says that it runs, makes a suite of it', async () => {
  const folder = await copySuite('parts')
  const text = readFileSync(join(folder, 'shop.arazzo.yaml'), 'utf8')
  const withOwn = (name: string, extension: string) =>
    writeFileSync(
      join(folder, `${name}.arazzo.yaml`),
      text.replace('workflowId: get-pet\n    inputs:', `workflowId: get-pet\n    x-vitest: ${extension}\n    inputs:`),
    )
  withOwn('given', "{ inputs: { id: '1' } }")
  withOwn('said', '{ skip: false }')
  const { tree, exitCode } = await run(folder, ['given', 'said'])
  const last = (name: string) => treeOf(tree, `${name}.arazzo.yaml`).split('\n').slice(-2)
  expect(last('given')).toEqual(['  get-pet', '    ✓ get'])
  expect(last('said')).toEqual(['  get-pet', '    × get (ArazzoError)'])
  expect(exitCode).toBe(1)
})
