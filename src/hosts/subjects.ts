/** Words of the subjects; docs/guide/hosts.md lists who needs rights on which. */
const ROOT = 'arazzo'

/** Everybody who may coordinate asks here which agents there are. */
export const ASK = `${ROOT}.ask`

/** Form of the id of a run, or an ask: a word of a subject. */
export const ID = /^[\w-]{1,64}$/

/** An agent is asked to join a run. */
export const joinOf = (agent: string): string => `${ROOT}.agent.${agent}.join`
/** An agent is asked for the time of its clock. */
export const clockOf = (agent: string): string => `${ROOT}.agent.${agent}.clock`
/** Messages of the coordinator of a run to an agent. */
export const toAgentOf = (agent: string, run: string): string => `${ROOT}.agent.${agent}.run.${run}`
/** Messages of an agent to the coordinator of a run, and its response to an ask: it has rights on its own name only. */
export const fromAgentOf = (agent: string, run: string): string => `${ROOT}.run.${run}.${agent}`
/** Responses of all agents to one ask; an address is two words. */
export const fromAllOf = (ask: string): string => fromAgentOf('*.*', ask)
