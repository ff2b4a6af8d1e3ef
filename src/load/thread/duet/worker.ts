import { parentPort, workerData } from 'node:worker_threads'
import { rehearse } from '../rehearsal.ts'
import { PairPlay } from './play.ts'
import type { DuetSaid, DuetTask, DuetTold } from './protocol.ts'

/** The entry of the thread of a comparison: it is there for all pairs of launches, and ends when nobody holds it. */
const port = parentPort!
const task = workerData as DuetTask
const say = (said: DuetSaid) => port.postMessage(said)

/** What it has rehearsed with, kept as what V8 knows of its kind is kept with it. */
const rehearsed: object[] = []

let playing: PairPlay | undefined

port.on('message', (told: DuetTold) => {
  if (told.type === 'stop') playing?.stop()
  else if (told.type === 'supplied') playing?.give(told.side, told.supplied)
  else {
    const play = new PairPlay(task, told.task, {
      beat: () => say({ type: 'beat' }),
      ask: (side, asked) => say({ type: 'ask', side, asked }),
    })
    playing = play
    play.run().then(
      result => say({ type: 'pair', result }),
      error => say({ type: 'fault', error }),
    )
  }
})

const { cast } = await rehearse(task.plan, task.steps, [])
rehearsed.push(...cast)
say({ type: 'ready' })
