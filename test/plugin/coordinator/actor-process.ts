import { client } from '../../../plugin/coordinator/client.ts'
import type { CoordinatorAddress } from '../../../plugin/coordinator/protocol.ts'

/* A worker of Vitest as far as the coordinator knows: does what its parent says, and answers when it has done it. */

export type Command =
  | { do: 'enter'; coordinator: CoordinatorAddress; file: string }
  | { do: 'leave' }
  /** Answers when it is alone; goes on until `finish`. */
  | { do: 'load'; name: string }
  | { do: 'finish' }
  /** Loads for a while. Answers with when that was, in nanoseconds of the machine's clock. */
  | { do: 'load for'; name: string; time: number }
  | { do: 'progress'; name: string; progress: unknown }

let finish = () => {}
let loading: Promise<void> = Promise.resolve()

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'enter':
      client.registration = { coordinator: command.coordinator, file: command.file }
      return client.enterFile()
    case 'leave':
      return client.leaveFile()
    case 'load':
      return new Promise<void>((alone, failed) => {
        const run = async () => {
          alone()
          await new Promise<void>(resolve => {
            finish = resolve
          })
        }
        loading = client.exclusive(command.name, run)
        loading.catch(failed)
      })
    case 'finish':
      finish()
      return loading
    case 'load for':
      return client.exclusive(command.name, async () => {
        const from = process.hrtime.bigint()
        await new Promise(resolve => setTimeout(resolve, command.time))
        return { from: String(from), to: String(process.hrtime.bigint()) }
      })
    case 'progress':
      return client.sendProgress(command.name, command.progress as never)
  }
}

process.on('message', ({ id, command }: { id: number; command: Command }) => {
  obey(command).then(
    result => process.send?.({ id, result }),
    (error: Error) => process.send?.({ id, error: error.message }),
  )
})
