/**
 * Source of an HTTP server in Python, `serve(answer)`, that profiles itself at `/profile?seconds=5`. All of it runs in
 * the main thread: a timer of CPU time interrupts what that thread computes, where a thread that looks at others sees
 * them only as they read and write.
 */
export const PYTHON_SERVER = `import asyncio, json, os, signal, urllib.parse

stacks = {}


def look(_, frame):
    stack = []
    while frame is not None:
        code, line = frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno
        stack.append('%s (%s:%d)' % (code.co_name, code.co_filename, line))
        frame = frame.f_back
    key = ';'.join(reversed(stack))
    stacks[key] = stacks.get(key, 0) + 1


async def profile(seconds):
    stacks.clear()
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)
    await asyncio.sleep(seconds)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return ''.join('%s %d\\n' % one for one in list(stacks.items()))


async def answered(answer, url, body):
    url = urllib.parse.urlparse(url)
    if url.path == '/profile':
        return await profile(float(urllib.parse.parse_qs(url.query)['seconds'][0]))
    return json.dumps(answer(url.path, body))


async def serve(answer):
    async def talk(reader, writer):
        try:
            while line := await reader.readline():
                length = 0
                while header := (await reader.readline()).decode().strip().lower():
                    if header.startswith('content-length:'):
                        length = int(header.split(':')[1])
                text = (await answered(answer, line.decode().split(' ')[1], await reader.readexactly(length))).encode()
                head = 'HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(text)
                writer.write(head.encode() + text)
                await writer.drain()
        except (ConnectionError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, '127.0.0.1', int(os.environ['PORT']))
    await server.serve_forever()
`
