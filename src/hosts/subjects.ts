/** Words of the subjects; docs/guide/hosts.md tells who needs rights on which. */
const ROOT = 'arazzo'

/** Everybody who may coordinate asks here which agents there are. */
export const ASK = `${ROOT}.ask`

/** An agent is asked to join a run. */
export const joinOf = (agent: string): string => `${ROOT}.agent.${agent}.join`
/** An agent tells the time of its clock. */
export const clockOf = (agent: string): string => `${ROOT}.agent.${agent}.clock`
/** The coordinator of a run tells an agent. */
export const toldOf = (agent: string, run: string): string => `${ROOT}.agent.${agent}.run.${run}`
/** An agent says something to the coordinator of a run. */
export const saidOf = (agent: string, run: string): string => `${ROOT}.run.${run}.${agent}`
