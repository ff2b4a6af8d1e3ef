"""A notebook over HTTP, with nothing but Python's standard library. Usage: python3 app.py PORT"""

import json
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

notes = {}
numbers = count(1)
lock = threading.Lock()


class Notebook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keep connections open
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "ok"})
        match = re.fullmatch(r"/notes/(\d+)", self.path)
        note = notes.get(int(match[1])) if match else None
        if note is None:
            return self.answer(404, {"message": f"Nothing at {self.path}"})
        self.answer(200, note)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/notes":
            return self.answer(404, {"message": f"Nothing at {self.path}"})
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError, TypeError):
            return self.answer(400, {"message": "A note is {\"text\": …}"})
        with lock:
            note = {"id": next(numbers), "text": text, "words": len(str(text).split())}
            notes[note["id"]] = note
            notes.pop(note["id"] - 1000, None)  # the last thousand are kept
        self.answer(201, note)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[1])), Notebook)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"notebook listens on port {server.server_port}", flush=True)
    server.serve_forever()
