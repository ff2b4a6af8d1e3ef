/** How a command ended: by a code of its own, or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Processes that had left the command, as daemons do, and were ended with it: `nginx (pid 4711)`. */
  strays?: readonly string[]
  /** Process that still listens at its port, and could not be ended. */
  remains?: string
}

/** `exited with code 3`, `was ended by SIGKILL`: goes on behind its subject. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}
