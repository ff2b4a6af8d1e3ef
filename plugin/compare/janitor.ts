import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import process from 'node:process'
import { hasEnded } from '../../src/compare/base/owner.ts'
import { sleep } from '../../src/ground/timers.ts'
import { sweepApplications } from '../server/record.ts'
import { removeRoom, roomOwner } from './room.ts'

/*
 * Waits for the end of the process that a room belongs to, however that ends, and then removes the room. Is gone as
 * soon as the room is, which is the end of every run that ends by itself.
 */

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const room = process.argv[2]!
const owner = roomOwner(basename(room))!
// Less often if the system needs a separate program for it.
const pause = process.platform === 'linux' ? 250 : 2000
while (existsSync(room) && !hasEnded(owner)) await sleep(pause)
if (existsSync(room)) {
  await sweepApplications()
  await removeRoom(room)
}
