import { parentPort, workerData } from 'node:worker_threads'
import { rehearse } from '../rehearsal.ts'
import { PairPlay } from './play.ts'
import type { DuetTask, FromDuetThread, ToDuetThread } from './protocol.ts'

/** Entry of the thread of a comparison: it serves all pairs of launches, and ends when its port is released. */
const port = parentPort!
const task = workerData as DuetTask
const send = (message: FromDuetThread) => port.postMessage(message)

/** Objects of the rehearsal, kept alive so that V8 keeps its knowledge of their kinds. */
const rehearsed: object[] = []

let playing: PairPlay | undefined

port.on('message', (message: ToDuetThread) => {
  if (message.type === 'stop') playing?.stop()
  else if (message.type === 'supplied') playing?.give(message.side, message.supplied)
  else {
    const play = new PairPlay(task, message.task, {
      beat: () => send({ type: 'beat' }),
      ask: (side, query) => send({ type: 'ask', side, query }),
    })
    playing = play
    play.run().then(
      result => send({ type: 'pair', result }),
      error => send({ type: 'fault', error }),
    )
  }
})

const { cast } = await rehearse(task.plan, task.steps, [])
rehearsed.push(...cast)
send({ type: 'ready' })
