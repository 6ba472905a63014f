"""ports.py open|closed|stun ADDRESS PORT,PORT… [OUR-ADDRESS,…]: what of ADDRESS is reached from this machine. OUR-ADDRESS: the deployment's own hosts,
which the firewalls let through where they refuse others. Exit code 64: this machine is not another one."""
import concurrent.futures
import os
import socket
import sys

how, address = sys.argv[1], sys.argv[2]
ports = [int(port) for port in sys.argv[3].split(",")]
ours = set(sys.argv[4].split(",")) if len(sys.argv) > 4 else set()

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    try:
        line.connect((address, 9))
        here = line.getsockname()[0]
    except OSError as error:
        sys.exit(f"không có đường tới {address}: {error}")
if here == address or address.startswith("127."):
    print("đang chạy ngay trên máy này nên không biết máy khác thấy gì; chạy scripts/self-check từ một máy khác")
    sys.exit(64)
if how == "closed" and here in ours:
    print("đang chạy trên một máy của hệ thống, nơi tường lửa cho qua; chạy scripts/self-check từ một máy khác")
    sys.exit(64)


def is_open(port):
    with socket.socket() as line:
        line.settimeout(3)
        return line.connect_ex((address, port)) == 0


def answers_stun(port):
    asking = bytes.fromhex("000100002112a442") + os.urandom(12)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(2)
        for _ in range(3):
            try:
                line.sendto(asking, (address, port))
                if line.recv(2048)[8:20] == asking[8:]:
                    return True
            except OSError:
                continue
    return False


with concurrent.futures.ThreadPoolExecutor(len(ports)) as pool:
    reached = dict(zip(ports, pool.map(answers_stun if how == "stun" else is_open, ports)))
wrong = [str(port) for port, is_reached in reached.items() if is_reached == (how == "closed")]
if wrong:
    sys.exit(f"cổng {', '.join(wrong)} của {address} {'mở ra ngoài' if how == 'closed' else 'không tới được'}")
