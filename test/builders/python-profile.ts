/** Source of a profiler for an application in Python: a thread that looks at the stacks of the others. */
export const PYTHON_PROFILE = `import sys, threading, time

WAITS = {'readinto', 'select', 'accept', 'wait'}
# Else this thread runs only when another one reads or writes, and sees nothing of what it computes.
sys.setswitchinterval(1e-4)


def profile(seconds):
    counts = {}
    own = threading.get_ident()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
        for thread, frame in sys._current_frames().items():
            if thread == own or frame.f_code.co_name in WAITS:
                continue
            stack = []
            while frame is not None:
                stack.append('%s (%s:%d)' % (frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno))
                frame = frame.f_back
            key = ';'.join(reversed(stack))
            counts[key] = counts.get(key, 0) + 1
    return ''.join('%s %d\\n' % one for one in counts.items())
`
