"""turn.py allocate|deny|tcp-relay udp|tls ADDRESS PORT NAME PEER: asks a TURN server for a relay as a browser would. The shared secret comes before this
program on standard input (SECRET = '…'), so that it stands in no process list.
allocate: a relay is given, and may reach PEER. deny: PEER is refused. tcp-relay: a relay over TCP is refused."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import sys
import time

COOKIE = 0x2112A442
ALLOCATE, REFRESH, PERMIT = 0x0003, 0x0004, 0x0008
USERNAME, INTEGRITY, ERROR, LIFETIME, PEER, REALM, NONCE, TRANSPORT = 0x06, 0x08, 0x09, 0x0D, 0x12, 0x14, 0x15, 0x19

# What breaks is told in one line.
sys.excepthook = lambda kind, error, trace: print(f"{kind.__name__}: {error}", file=sys.stderr)

how, over, address, port, name, peer = sys.argv[1:7]
user = f"{int(time.time()) + 120}:tu-kiem-tra"
password = base64.b64encode(hmac.new(SECRET.encode(), user.encode(), hashlib.sha1).digest()).decode()


def connect():
    if over == "udp":
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.settimeout(4)
        line.connect((address, int(port)))
        return line
    plain = socket.create_connection((address, int(port)), 5)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=name)


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def ask(line, method, attributes, key=None):
    """Answers (class is success, attributes)."""
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    number = os.urandom(12)
    head = lambda length: struct.pack("!HHI", method, length, COOKIE) + number
    if key:
        signed = hmac.new(key, head(len(body) + 24) + body, hashlib.sha1).digest()
        body += attribute(INTEGRITY, signed)
    line.send(head(len(body)) + body)
    data = line.recv(4096)
    kind, length = struct.unpack("!HH", data[:4])
    while len(data) < 20 + length:
        data += line.recv(4096)
    found, at = {}, 20
    while at < 20 + length:
        part, size = struct.unpack("!HH", data[at:at + 4])
        found[part] = data[at + 4:at + 4 + size]
        at += 4 + size + -size % 4
    return kind & 0x0110 == 0x0100, found


def code(found):
    return found[ERROR][2] * 100 + found[ERROR][3] if ERROR in found else 0


def xor_address(text):
    number = struct.unpack("!I", socket.inet_aton(text))[0] ^ COOKIE
    return struct.pack("!BBHI", 0, 1, 9 ^ (COOKIE >> 16), number)


line = connect()
wanted = [(TRANSPORT, bytes([6 if how == "tcp-relay" else 17, 0, 0, 0])), (LIFETIME, struct.pack("!I", 600))]
given, found = ask(line, ALLOCATE, wanted)
if given:
    sys.exit("TURN cấp đường chuyển tiếp mà không hỏi mật khẩu")
if REALM not in found:
    sys.exit(0 if how == "tcp-relay" else f"TURN trả lời lỗi {code(found)}")
key = hashlib.md5(user.encode() + b":" + found[REALM] + b":" + password.encode()).digest()
signing = [(USERNAME, user.encode()), (REALM, found[REALM]), (NONCE, found[NONCE])]
given, found = ask(line, ALLOCATE, wanted + signing, key)
if how == "tcp-relay":
    sys.exit("TURN cấp đường chuyển tiếp TCP" if given else 0)
if not given:
    sys.exit(f"TURN không cấp đường chuyển tiếp, lỗi {code(found)}")
permitted, found = ask(line, PERMIT, [(PEER, xor_address(peer))] + signing, key)
ask(line, REFRESH, [(LIFETIME, struct.pack("!I", 0))] + signing, key)
if how == "allocate" and not permitted:
    sys.exit(f"TURN không cho tới {peer}, lỗi {code(found)}")
if how == "deny" and permitted:
    sys.exit(f"TURN cho tới {peer}")
