import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nameRoom, roomOwner, sweepRooms } from '../../../plugin/compare/room.ts'
import { thisProcess } from '../../../src/compare/base/owner.ts'
import { temporary } from '../../builders/repository.ts'

beforeEach(() => {
  vi.stubEnv('TMPDIR', temporary())
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test('the name of a room tells whose it is', () => {
  const room = basename(nameRoom())
  expect(roomOwner(room)).toEqual(thisProcess())
  expect([roomOwner('vitest-arazzo-x'), roomOwner('vitest-arazzo-room-x'), roomOwner(`a${room}`)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('only rooms whose owners have ended are swept, and no link that looks like one', async () => {
  const mine = nameRoom()
  const dead = mine.replace(/-room-\d+-\w+/, `-room-${process.pid}-0000000000`)
  const [elsewhere, kept] = [dead.replace(/-\w+-(\w+)$/, '-0123456789-$1'), join(temporary(), 'kept')]
  const link = dead.replace(/\w+$/, 'link')
  for (const folder of [mine, dead, elsewhere, join(kept, 'within')]) mkdirSync(folder, { recursive: true })
  symlinkSync(kept, link)
  await sweepRooms()
  expect([mine, dead, elsewhere, link, join(kept, 'within')].map(path => existsSync(path))).toEqual([
    true,
    false,
    true,
    true,
    true,
  ])
})
