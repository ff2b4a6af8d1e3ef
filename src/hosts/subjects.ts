/** Words of the subjects; docs/guide/hosts.md lists who needs rights on which. */
const ROOT = 'arazzo'

/** Form of the id of a run, or an ask: a word of a subject. */
export const ID = /^[\w-]{1,64}$/

export const subjects = {
  /** Everybody who may coordinate asks here which agents there are. */
  ask: `${ROOT}.ask`,
  /** An agent is asked to join a run. */
  join: (agent: string) => `${ROOT}.agent.${agent}.join`,
  /** An agent is asked for the time of its clock. */
  clock: (agent: string) => `${ROOT}.agent.${agent}.clock`,
  /** Messages of the coordinator of a run to an agent. */
  toAgent: (agent: string, run: string) => `${ROOT}.agent.${agent}.run.${run}`,
  /**
   * Messages of an agent to the coordinator of a run, and its response to an ask: it has rights on its own name only.
   */
  fromAgent: (agent: string, run: string) => `${ROOT}.run.${run}.${agent}`,
  /** Responses of all agents to one ask; an address is two words. */
  fromAll: (ask: string) => `${ROOT}.run.${ask}.*.*`,
}
