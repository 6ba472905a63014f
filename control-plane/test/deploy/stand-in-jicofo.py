#!/usr/bin/python3
"""Stand-in for Jicofo: health, figures and the HTTP conference request on 8888; signs in to Prosody as its settings say, makes itself available, and answers
conference requests by entering the room. Like the real one it does not look at who asks: whatever reaches it makes a room."""
import base64
import http.server
import json
import re
import socket
import ssl
import threading
import time
import xml.etree.ElementTree as ET

CONF = "/etc/jitsi/jicofo/jicofo.conf"
STATS = '{"bridge_selector":{"operational_bridge_count":2},"jibri_detector":{"count":2,"available":2}}'
CLIENT = "{jabber:client}"
CONFERENCE = "{http://jitsi.org/protocol/focus}conference"


def setting(name):
    return re.search(rf'^\s*{name} = "([^"]+)"', open(CONF, encoding="utf-8").read(), re.M).group(1)


class Line:
    """One XMPP connection; its stanzas come out of `read`."""

    def __init__(self):
        self.domain, self.user = setting("domain"), setting("username")
        self.socket = socket.create_connection((setting("hostname"), 5222), 10)
        self.open()
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.read()
        context = ssl._create_unverified_context()
        self.socket = context.wrap_socket(self.socket, server_hostname=self.domain)
        self.open()
        secret = base64.b64encode(f"\0{self.user}\0{setting('password')}".encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        if not self.read().tag.endswith("}success"):
            raise OSError("Prosody refuses the password")
        self.open()
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>focus</resource></bind></iq>")
        self.read()
        self.socket.settimeout(None)
        self.send("<presence/>")

    def open(self):
        self.parser = ET.XMLPullParser(["start", "end"])
        self.depth = 0
        self.waiting = []
        self.send(f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{self.domain}' version='1.0'>")
        self.read()

    def send(self, text):
        self.socket.sendall(text.encode())

    def read(self):
        while not self.waiting:
            data = self.socket.recv(8192)
            if not data:
                raise OSError("closed")
            self.parser.feed(data)
            for event, element in self.parser.read_events():
                self.depth += 1 if event == "start" else -1
                if event == "end" and self.depth == 1:
                    self.waiting.append(element)
        return self.waiting.pop(0)

    def enter(self, room):
        self.send(f"<presence to='{room}/focus'><x xmlns='http://jabber.org/protocol/muc'/></presence>")

    def answer(self, stanza):
        asked = stanza.find(CONFERENCE)
        if stanza.tag != f"{CLIENT}iq" or stanza.get("type") != "set" or asked is None:
            return
        room = asked.get("room")
        self.enter(room)
        self.send(f"<iq type='result' id='{stanza.get('id')}' to='{stanza.get('from')}'>"
                  f"<conference xmlns='http://jitsi.org/protocol/focus' room='{room}' ready='true' focusjid='{self.user}@{self.domain}'/></iq>")


current = None


def serve():
    global current
    while True:
        try:
            current = Line()
            while True:
                current.answer(current.read())
        except (OSError, AttributeError, ET.ParseError) as error:
            current = None
            print(f"no line to Prosody: {error}", flush=True)
        time.sleep(1)


class Answer(http.server.BaseHTTPRequestHandler):
    def reply(self, code, text, kind="application/json"):
        self.send_response(code)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/metrics":
            self.reply(200, "stand_in 1\n", "text/plain")
        else:
            self.reply(200, STATS)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not self.path.startswith("/conference-request/v1") or current is None:
            self.reply(404, "{}")
            return
        room = json.loads(body)["room"]
        current.enter(room)
        self.reply(200, json.dumps({"ready": True, "room": room}))

    def log_message(self, *ignored):
        pass


threading.Thread(target=serve, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", 8888), Answer).serve_forever()
