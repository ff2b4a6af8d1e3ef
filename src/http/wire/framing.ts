// Hot file. Allocated per response: nothing, but where `Connection` lists more than `keep-alive`.

import { CONTENT_ENCODING, CONTENT_TYPE, type HeaderBlock, LOCATION, SET_COOKIE } from '../header-block.ts'
import { isToken } from './characters.ts'
import type { RecentHeader } from './recent-headers.ts'

/** Transfer codings: none, some, `chunked` last. */
const NONE = 0
const ENCODED = 1
const CHUNKED = 2

const QUOTE = 0x22

/** What the fields of a header say of the body's end and of the connection (RFC 9112, sections 6 and 9). */
export class Framing {
  isOldHttp = false
  /** Seconds for which the server says it keeps an idle connection; -1 where it does not say. */
  keepSeconds = -1
  /** Content-Length; -1 without one. */
  length = -1
  /** What is wrong with a field that `note` refused. */
  fault = ''
  #closes = false
  #keeps = false
  #coding = NONE

  begin(): void {
    this.keepSeconds = -1
    this.length = -1
    this.#closes = false
    this.#keeps = false
    this.#coding = NONE
  }

  /** Whether the connection may be used again. A server that keeps it for 0 s says the same as `Connection: close`. */
  get keepsAlive(): boolean {
    if (this.keepSeconds === 0) return false
    return this.isOldHttp ? this.#keeps && !this.#closes : !this.#closes
  }

  get isEncoded(): boolean {
    return this.#coding !== NONE
  }

  get isChunked(): boolean {
    return this.#coding === CHUNKED
  }

  remember(recent: RecentHeader): void {
    recent.isOldHttp = this.isOldHttp
    recent.closes = this.#closes
    recent.keeps = this.#keeps
    recent.keepSeconds = this.keepSeconds
    recent.length = this.length
    recent.coding = this.#coding
  }

  recall(recent: RecentHeader): void {
    this.isOldHttp = recent.isOldHttp
    this.#closes = recent.closes
    this.#keeps = recent.keeps
    this.keepSeconds = recent.keepSeconds
    this.length = recent.length
    this.#coding = recent.coding
  }

  /** Notes what matters of a field, here or in the header. False where it is a fault. */
  note(header: HeaderBlock, bytes: Buffer, name: number, colon: number, value: number, end: number): boolean {
    switch (colon - name) {
      case 8:
        if (isNamed(bytes, name, 'location')) header.seen |= LOCATION
        return true
      case 10:
        if (isNamed(bytes, name, 'set-cookie')) header.seen |= SET_COOKIE
        else if (isNamed(bytes, name, 'connection')) this.#noteConnection(bytes, value, end)
        else if (isNamed(bytes, name, 'keep-alive')) this.#noteKeepAlive(bytes, value, end)
        return true
      case 12:
        if (isNamed(bytes, name, 'content-type') && (header.seen & CONTENT_TYPE) === 0) {
          header.seen |= CONTENT_TYPE
          header.typeFrom = value
          header.typeTo = end
        }
        return true
      case 14:
        return !isNamed(bytes, name, 'content-length') || this.#noteLength(bytes, value, end)
      case 16:
        if (isNamed(bytes, name, 'content-encoding')) header.seen |= CONTENT_ENCODING
        return true
      case 17:
        return !isNamed(bytes, name, 'transfer-encoding') || this.#noteCoding(bytes, value, end)
      default:
        return true
    }
  }

  #noteConnection(bytes: Buffer, from: number, to: number): void {
    if (to - from === 10 && isNamed(bytes, from, 'keep-alive')) {
      this.#keeps = true
      return
    }
    for (const option of bytes.toString('latin1', from, to).toLowerCase().split(',')) {
      if (option.trim() === 'close') this.#closes = true
      else if (option.trim() === 'keep-alive') this.#keeps = true
    }
  }

  /**
   * `max=100, timeout=5`: how long the server keeps the connection; the least where it says so more than once. What is
   * no number says nothing. Source: RFC 2068, section 19.7.1.1.
   */
  #noteKeepAlive(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at + 8 < to; at++) {
      if ((at > from && isToken[bytes[at - 1]!] === 1) || !isNamed(bytes, at, 'timeout=')) continue
      const digits = at + (bytes[at + 8] === QUOTE ? 9 : 8)
      let i = digits
      let seconds = 0
      for (; i < to; i++) {
        const digit = bytes[i]! - 0x30
        if (!(digit >= 0 && digit <= 9)) break
        seconds = seconds * 10 + digit
      }
      if (i > digits && (this.keepSeconds < 0 || seconds < this.keepSeconds)) this.keepSeconds = seconds
    }
  }

  #noteLength(bytes: Buffer, from: number, to: number): boolean {
    if (this.length >= 0) return this.#refuse('it has two Content-Lengths')
    let length = 0
    for (let i = from; i < to; i++) {
      const digit = bytes[i]! - 0x30
      if (!(digit >= 0 && digit <= 9)) return this.#refuse('its Content-Length is not a number')
      length = length * 10 + digit
    }
    if (from === to || length > Number.MAX_SAFE_INTEGER) return this.#refuse('its Content-Length is not a number')
    this.length = length
    return true
  }

  #noteCoding(bytes: Buffer, from: number, to: number): boolean {
    for (const coding of bytes.toString('latin1', from, to).toLowerCase().split(',')) {
      if (this.#coding === CHUNKED) return this.#refuse('it is chunked, and then encoded once more')
      this.#coding = coding.trim() === 'chunked' ? CHUNKED : ENCODED
    }
    return true
  }

  #refuse(fault: string): false {
    this.fault = fault
    return false
  }
}

/** `key` is in lower case and has letters, hyphens and `=` only, which `| 0x20` leaves as they are. */
function isNamed(bytes: Buffer, from: number, key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    if ((bytes[from + i]! | 0x20) !== key.charCodeAt(i)) return false
  }
  return true
}
