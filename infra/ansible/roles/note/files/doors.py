#!/usr/bin/env python3
"""Tries to have a room made without a token, as anybody on the internet may.

doors.py ADDRESS DOMAIN: asks Jicofo's HTTP conference request, at the paths that Jitsi's own site offers, on that web server. Exit code 0 only when each is
refused by the web server (403, 404); whatever else comes back may be Jicofo's, and no answer proves nothing.
"""
import http.client
import json
import secrets
import ssl
import sys

PATHS = ["/conference-request/v1", "/conference-request/v1/", "/tenant/conference-request/v1", "//conference-request/v1", "/%63onference-request/v1"]
REFUSED = (403, 404)


def ask(address, domain, path):
    """The web server's status; its certificate is another check's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(address, 443, timeout=10, context=context)
    # The name decides which site answers, also where TURN shares the port.
    connection.connect = lambda: named(connection, context, domain)
    room = f"tu-kiem-tra-{secrets.token_hex(8)}@conference.{domain}"
    try:
        connection.request("POST", path, json.dumps({"room": room, "properties": {}}), {"Host": domain, "Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def named(connection, context, domain):
    http.client.HTTPConnection.connect(connection)
    connection.sock = context.wrap_socket(connection.sock, server_hostname=domain)


def main():
    address, domain = sys.argv[1:3]
    faults = []
    for path in PATHS:
        try:
            status = ask(address, domain, path)
            if status not in REFUSED:
                faults.append(f"{path}: {status}")
        except (OSError, http.client.HTTPException) as error:
            faults.append(f"{path}: không trả lời ({error})")
    print("; ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
