/** Removes user and password from the URLs in a text. */
export function withoutUser(text: string): string {
  return text.replaceAll(/(?<=\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '')
}

/**
 * Probable address of a server without a scheme (`127.0.0.1:8055`, `localhost/api`, `api.example.com/v1`); undefined
 * with a scheme, and for paths.
 */
export function asAddress(url: string): string | undefined {
  const [host = ''] = url.split(/[/?#]/, 1)
  const [, name = '', port] = /^(?:[^@]*@)?(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i.exec(host) ?? []
  if (name === '' || /^\.+$/.test(name)) return undefined
  const isHost = port !== undefined || name === 'localhost' || name.startsWith('[') || DOTTED.test(name)
  return isHost ? `http://${url}` : undefined
}

/** Four numbers, or names the last of which could be that of a domain. */
const DOTTED = /^(?:\d+(?:\.\d+){3}|(?:[a-z\d-]+\.)+[a-z]{2,})$/i
