import { resolve } from 'node:path'
import { diagnosisText } from '../report/diagnosis.ts'
import { configurationReader } from './application.ts'
import { documentsBelow, documentsOf } from './documents.ts'
import { type Command, FAILED, misuse, PASSED } from './flags.ts'

export const doctor: Command = {
  usage: 'doctor [files or folders] [flags]',
  text: 'say why documents do not run here, and what to do; without files, of all that Vitest runs',
  flags: {
    config: { value: 'file', text: "the configuration to read; Vitest's flag of that name" },
    offline: { text: 'start no application, and ask no server' },
  },
  examples: ['doctor', 'doctor pets.arazzo.yaml --offline'],
  async run(flags) {
    const config = flags.text('config')
    const diagnosis = await (await configurationReader()).diagnose({
      config: config && resolve(config),
      files: flags.operands.length > 0 ? documentsOf(flags.operands).map(file => resolve(file)) : [],
      below: documentsBelow(process.cwd()),
      isOffline: flags.isOn('offline'),
    })
    if (diagnosis.documents.length === 0) {
      const found = 'there is no *.arazzo.yaml, .yml or .json below this folder'
      throw misuse('find', 'documents', found, 'Name a file, or write one: npx vitest-arazzo init.')
    }
    console.log(diagnosisText(diagnosis))
    return diagnosis.limitations.some(({ severity }) => severity === 'error') ? FAILED : PASSED
  },
}
