/*
 * What a request may contain. Source: RFC 9110, sections 5.5 (field values), 5.6.2 (tokens) and 8.6 (Content-Length).
 */

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Line breaks, NUL and other control characters, and what is not Latin-1. */
const badValue = /[^\t\x20-\x7e\x80-\xff]/
/** Methods whose requests have a Content-Length even without a body. */
const withBody = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

export const isToken = (text: string): boolean => token.test(text)
export const isFieldValue = (text: string): boolean => !badValue.test(text)
export const expectsBody = (method: string): boolean => withBody.has(method)
