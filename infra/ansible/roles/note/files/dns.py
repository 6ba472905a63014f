"""dns.py NAME ADDRESS…: asks this host's name servers for NAME, past /etc/hosts where our own names stand, and wants one of the addresses.
Exit code 64: no name server to ask."""
import os
import socket
import struct
import sys


def servers():
    # What systemd-resolved forwards to; its own stub would answer from /etc/hosts.
    for path in ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"):
        if os.path.exists(path):
            words = [line.split() for line in open(path, encoding="utf-8")]
            return [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    return []


def skip_name(data, at):
    while data[at] not in (0,) and data[at] < 192:
        at += data[at] + 1
    return at + (2 if data[at] >= 192 else 1)


def ask(server, name):
    """The IPv4 addresses of a name; None when the server does not answer."""
    query = struct.pack("!HHHHHH", os.getpid() & 0xFFFF, 0x0100, 1, 0, 0, 0)
    query += b"".join(bytes([len(part)]) + part.encode("idna") for part in name.split(".")) + b"\0" + struct.pack("!HH", 1, 1)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.settimeout(3)
        try:
            line.connect((server, 53))
            line.send(query)
            data = line.recv(4096)
        except OSError:
            return None
    if data[:2] != query[:2]:
        return None
    count = struct.unpack("!H", data[6:8])[0]
    at = skip_name(data, 12) + 4
    found = []
    for _ in range(count):
        at = skip_name(data, at)
        kind, _, _, length = struct.unpack("!HHIH", data[at:at + 10])
        at += 10
        if kind == 1 and length == 4:
            found.append(socket.inet_ntoa(data[at:at + 4]))
        at += length
    return found


name, wanted = sys.argv[1], sys.argv[2:]
asked = servers()
if not asked:
    print("máy này chưa được khai báo máy chủ DNS nào nên không hỏi được")
    sys.exit(64)
answers = [answer for answer in (ask(server, name) for server in asked) if answer is not None]
if not answers:
    sys.exit(f"máy chủ DNS {', '.join(asked)} không trả lời")
if not answers[0]:
    sys.exit(f"DNS không biết tên {name}")
if not set(answers[0]) & set(wanted):
    sys.exit(f"DNS trả lời {', '.join(answers[0])}, cần {' hoặc '.join(wanted)}")
