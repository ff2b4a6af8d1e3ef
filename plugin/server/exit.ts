/** How a command ended: by a code of its own, or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** `exited with code 3`, `was ended by SIGKILL`: goes on behind its subject. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}
