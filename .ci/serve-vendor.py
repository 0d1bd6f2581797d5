"""A vendor of one finding, and the name server that knows it: what the static binary is tried against.

    serve-vendor.py ADDRESS CERTIFICATE KEY

It answers DNS queries at ADDRESS, port 53, with ADDRESS for every name, and HTTPS at port 8443 like AppSec+. It writes
"ready" and its process number when it does. Nothing but Python's own library is needed.
"""

import http.server
import json
import os
import socket
import ssl
import struct
import sys
import threading

APPLICATION = {"id": "app-1", "name": "Shop", "criticality": "high"}
SCAN = {
    "id": "scan-1",
    "applicationId": "app-1",
    "scanType": "sast",
    "status": "completed",
    "completedAt": "2026-11-20T12:04:10Z",
}
FINDING = {
    "id": "vuln-1",
    "applicationId": "app-1",
    "scanId": "scan-1",
    "title": "SQL injection in order search",
    "severity": "critical",
    "status": "open",
}
ANSWERS = {
    "/applications": [APPLICATION],
    "/applications/app-1": APPLICATION,
    "/scans": [SCAN],
    "/applications/app-1/scans": [SCAN],
    "/applications/app-1/vulnerabilities": [FINDING],
}


class Vendor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = ANSWERS.get(self.path.partition("?")[0])
        body = json.dumps(answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def name_server(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))

    def answer():
        while True:
            query, client = server.recvfrom(4096)
            end = query.index(b"\0", 12) + 5
            question = query[12:end]
            (kind,) = struct.unpack("!H", question[-4:-2])
            # Addresses of version 4 only; to every other question the answer is that there is none.
            record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address) if kind == 1 else b""
            head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if record else 0, 0, 0)
            server.sendto(head + question + record, client)

    threading.Thread(target=answer, daemon=True).start()


def main():
    address, certificate, key = sys.argv[1:]
    name_server(address)
    server = http.server.ThreadingHTTPServer((address, 8443), Vendor)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", os.getpid(), flush=True)
    server.serve_forever()


main()
