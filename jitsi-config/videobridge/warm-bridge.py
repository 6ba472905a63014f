# Warms a Videobridge that has just started, before Jicofo may use it (docs/decisions/bridge-comes-back.md): ExecStartPost of its unit.
# Java loads and compiles what an allocation needs at the first one; in a hearing that can take longer than Jicofo waits, and Jicofo then sets the
# bridge aside. The bridge starts in drain mode (jvb.conf); this makes and ends a few conferences on its private HTTP interface, as Jicofo would over
# XMPP, and then takes the drain mode off: whatever happens, for a cold bridge is better than none.
#   warm-bridge.py [http://127.0.0.1:8080]

import json
import sys
import time
import urllib.request
import uuid

base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
up_seconds = 300  # Java on a busy host; systemd ends this with the unit
rounds = 3
ask_seconds = 60
free_tries = 60
participant = "aaaaaaaa"


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=ask_seconds) as answer:
        return answer.read()


def endpoint():
    return {
        "id": participant,
        "create": True,
        "capabilities": ["source-names"],
        "medias": [
            {"type": "audio", "payload-types": [{"name": "opus", "id": 111, "clockrate": "48000", "channels": "2"}]},
            {"type": "video", "payload-types": [{"name": "VP8", "id": 100, "clockrate": "90000"}]},
        ],
        "transport": {"ice-controlling": True, "sctp": {"role": "server"}},
    }


def wait_until_up():
    end = time.monotonic() + up_seconds
    while time.monotonic() < end:
        try:
            ask("GET", "/about/health")
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"no answer within {up_seconds} s")


def allocate():
    """Makes a conference of one participant and ends it; seconds that making it took. The bridge takes one new participant a request."""
    meeting = str(uuid.uuid4())
    began = time.monotonic()
    ask("POST", "/colibri/v2/conferences",
        {"meeting-id": meeting, "name": f"warm-{meeting}@localhost", "create": True, "endpoints": [endpoint()]})
    took = time.monotonic() - began
    ask("PATCH", f"/colibri/v2/conferences/{meeting}", {"meeting-id": meeting, "endpoints": [{"id": participant, "expire": True}]})
    return took


def free():
    for _ in range(free_tries):
        try:
            ask("POST", "/colibri/drain/disable")
            return True
        except OSError:
            time.sleep(1)
    return False


try:
    wait_until_up()
    print("bridge warmed, allocations took", ", ".join(f"{allocate():.2f} s" for _ in range(rounds)))
except (OSError, ValueError) as error:
    # HTTPError and TimeoutError are OSErrors. Another version of the bridge may want another form.
    print(f"bridge not warmed: {error}", file=sys.stderr)
if not free():
    print("bridge is still in drain mode: curl -X POST http://127.0.0.1:8080/colibri/drain/disable", file=sys.stderr)
    sys.exit(1)
