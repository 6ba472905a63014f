#!/usr/bin/python3
"""Stand-in for Jibri: health and figures on 2222, a line to Prosody that is kept up, and a start (POST …/startService) that finds its driver as Selenium
4.43 does: SE_CHROMEDRIVER, then the Java property, then its manager, which asks two hosts of the internet unless SE_OFFLINE says otherwise and tells
statistics unless SE_AVOID_STATS does. The driver is real and opens a real browser."""
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

# Nobody's (RFC 5737), in place of the two hosts that the manager asks: names cannot be looked up here.
ASKED = {"driver": ("192.0.2.10", 443), "statistics": ("192.0.2.11", 443)}
ANSWER_SECONDS = 10
DRIVER_PORT = 9515
CONF = "/etc/jitsi/jibri/jibri.conf"


def keep_line():
    """The watch beside it ends a Jibri without a line to Prosody."""
    while True:
        try:
            host = re.search(r'xmpp-server-hosts = \[ "([^"]+)"', open(CONF, encoding="utf-8").read()).group(1)
            with socket.create_connection((host, 5222), 5) as line:
                line.settimeout(None)
                while line.recv(4096):
                    pass
        except (OSError, AttributeError):
            pass
        time.sleep(1)


def asks(what):
    """Whether the internet answered."""
    try:
        socket.create_connection(ASKED[what], ANSWER_SECONDS).close()
        return True
    except OSError:
        return False


def driver_path():
    option = re.search(r"-Dwebdriver\.chrome\.driver=(\S+)", os.environ.get("JAVA_TOOL_OPTIONS", ""))
    given = os.environ.get("SE_CHROMEDRIVER") or (option and option.group(1))
    if given:
        if not os.access(given, os.X_OK):
            raise RuntimeError(f"driver is not executable: {given}")
        return given
    if os.environ.get("SE_OFFLINE") != "true":
        asks("driver")
    if os.environ.get("SE_AVOID_STATS") != "true":
        asks("statistics")
    found = shutil.which("chromedriver")
    if not found:
        raise RuntimeError("no driver")
    return found


def flags():
    listed = re.search(r"chrome\.flags = \[(.*?)\n  \]", open(CONF, encoding="utf-8").read(), re.S).group(1)
    return re.findall(r'"(--[^"]+)"', listed)


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{DRIVER_PORT}{path}", data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def start_browser():
    """A session of the driver, opened and closed again."""
    driver = subprocess.Popen([driver_path(), f"--port={DRIVER_PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                call("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"args": [*flags(), "--headless=new", "--disable-gpu"], "binary": "/usr/bin/google-chrome"}
        session = call("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})["value"]["sessionId"]
        call("DELETE", f"/session/{session}")
    finally:
        driver.terminate()
        driver.wait()


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
            self.reply(200, '{"status":{"busyStatus":"IDLE","health":{"healthStatus":"HEALTHY","details":{}}}}')

    def do_POST(self):
        if not self.path.endswith("/startService"):
            self.reply(404, "{}")
            return
        try:
            start_browser()
            self.reply(200, "{}")
        except Exception as error:
            self.reply(500, json.dumps({"error": str(error)}))

    def log_message(self, *ignored):
        pass


threading.Thread(target=keep_line, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", 2222), Answer).serve_forever()
