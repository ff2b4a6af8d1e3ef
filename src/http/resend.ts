/** Methods that may be sent again without harm. Source: RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a request that a kept connection ended under, before a byte of its response had come, is sent once more, on a
 * new connection. A server may close a connection that it keeps at any time, so that the request was perhaps never
 * read; one whose method is not idempotent may have taken effect all the same, and has failed. Source: RFC 9110,
 * section 9.2.2; RFC 9112, section 9.3.1.
 */
export function isResendable(method: string): boolean {
  return IDEMPOTENT.has(method)
}
