#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""refuse_first.py PORT COUNT: a way to the server on that port which refuses the first COUNT logins, and
lets the others through. Prints its own port."""

import itertools
import socket
import socketserver
import sys
import threading

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
logins = itertools.count()


def pass_on(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


class Way(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", PORT)) as server:
            self.request.sendall(server.recv(65536))  # INFO, with what is to be signed
            login = self.request.recv(65536)
            if next(logins) < COUNT:
                self.request.sendall(b"-ERR 'Authorization Violation'\r\n")
                return
            server.sendall(login)
            threading.Thread(target=pass_on, args=(server, self.request), daemon=True).start()
            pass_on(self.request, server)


class Ways(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Ways(("127.0.0.1", 0), Way) as ways:
    print(ways.server_address[1], flush=True)
    ways.serve_forever()
