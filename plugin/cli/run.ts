import { resolveInputs } from '../../src/load/inputs.ts'
import { onInterrupt } from '../../src/load/interrupt.ts'
import { plainJson } from '../../src/plain.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { completeRun } from '../../src/workflow/functional.ts'
import { type Command, FAILED, PASSED } from './command.ts'
import { commonFlags, readCommon, readWorkflow } from './common.ts'

export const run: Command = {
  usage: 'run <file#workflow> [flags]',
  text: 'run a workflow once, and list its steps and checks',
  flags: { ...commonFlags, json: { text: 'print the report as JSON' } },
  async run(flags) {
    const common = readCommon(flags)
    const { ref, inputs } = await readWorkflow(flags, common.read)
    const controller = new AbortController()
    const callOff = onInterrupt(() => controller.abort())
    try {
      const { shown: report } = await completeRun(ref, {
        ...common,
        ...resolveInputs(inputs),
        signal: controller.signal,
      })
      console.log(
        flags.isOn('json')
          ? plainJson(report)
          : renderWorkflowReport(report, { name: ref.workflowId, ...columns() }),
      )
      return report.state === 'passed' ? PASSED : FAILED
    } finally {
      callOff()
    }
  },
}

/** As wide as the terminal. */
function columns(): { width?: number } {
  return process.stdout.columns === undefined ? {} : { width: process.stdout.columns }
}
