"""What is wrong with a setting, as Vietnamese sentences with the remedy; nothing wrong is an empty list."""
import ipaddress
import os
import subprocess


def is_ipv4(text):
    try:
        ipaddress.IPv4Address(str(text))
        return True
    except ValueError:
        return False


def not_ipv4(texts):
    """Those that are no address."""
    return [text for text in texts if not is_ipv4(text)]


def network_faults(networks, coming_from=""):
    """`coming_from`: where this very run comes from, as the host sees it; '' when it cannot be known."""
    name = "tiepdan_admin_networks"
    if not isinstance(networks, list) or not networks:
        return [f"{name} chưa đặt: ghi danh sách mạng quản trị được vào máy chủ bằng SSH, ví dụ [10.20.0.0/24]"]
    faults, known = [], []
    for network in networks:
        try:
            known.append(ipaddress.IPv4Network(str(network), strict=False))
        except ValueError:
            faults.append(f"{name}: {network} không phải mạng IPv4; ghi dạng 10.20.0.0/24")
    faults += [f"{name}: {network} mở SSH ra gần như cả thế giới; chỉ ghi mạng quản trị của tỉnh" for network in known if network.prefixlen < 8]
    # Connections that stand are kept, so only the next run would find itself locked out.
    if coming_from and not faults and not (is_ipv4(coming_from) and any(ipaddress.IPv4Address(coming_from) in network for network in known)):
        faults.append(f"{name} không chứa {coming_from}, nơi đang chạy Ansible: lần sau sẽ không vào được máy chủ; thêm mạng của máy này")
    return faults


def public_address_faults(addresses):
    """`addresses`: host → public address of every host that the communes reach."""
    faults = [f"tiepdan_public_address của {host} ({address}) không phải địa chỉ IPv4; để trống khi cả tỉnh dùng chung mạng riêng"
              for host, address in addresses.items() if address and not is_ipv4(address)]
    by_address = {}
    for host, address in addresses.items():
        by_address.setdefault(address, []).append(host)
    without = by_address.pop("", [])
    faults += [f"Các máy {', '.join(hosts)} có cùng tiepdan_public_address {address}: một địa chỉ chỉ chuyển tới một máy; ghi địa chỉ riêng của từng máy trong hosts.yml"
               for address, hosts in by_address.items() if len(hosts) > 1]
    if by_address and without:
        faults.append(f"Máy {', '.join(without)} chưa có tiepdan_public_address trong khi máy khác có: các xã sẽ không tới được; ghi địa chỉ riêng của máy đó trong hosts.yml")
    return faults


def openssl(*arguments):
    """What openssl says; None when it refuses."""
    done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30, check=False)
    return done.stdout if done.returncode == 0 else None


def certificate_faults(names, folder):
    """For each name its certificate and key in `folder`: there, readable, of one pair, for the name, not at its end."""
    faults = []
    for name in names:
        certificate, key = (os.path.join(folder, name + end) for end in (".crt", ".key"))
        missing = [file for file in (certificate, key) if not os.path.isfile(file)]
        faults += [f"Thiếu tệp chứng thư {file} (tiepdan_certificates = files)" for file in missing]
        if missing:
            continue
        public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
        # An empty password is tried instead of asked for.
        pair = openssl("pkey", "-in", key, "-passin", "pass:", "-pubout")
        if public is None:
            faults.append(f"{certificate} không phải chứng thư dạng PEM: xuất lại chứng thư (gồm cả chuỗi trung gian) ở dạng PEM")
        elif openssl("x509", "-in", certificate, "-noout", "-checkend", "0") is None:
            faults.append(f"{certificate} đã hết hạn: gia hạn chứng thư rồi thay tệp")
        elif "does match certificate" not in (openssl("x509", "-in", certificate, "-noout", "-checkhost", name) or ""):
            faults.append(f"{certificate} không cấp cho tên {name}: xin chứng thư có tên này")
        if pair is None:
            faults.append(f"{key} không đọc được: phải là khóa dạng PEM, không có mật khẩu")
        elif public is not None and pair != public:
            faults.append(f"{key} không phải khóa của {certificate}: chép đúng cặp tệp")
    return faults


class FilterModule:
    def filters(self):
        return {each.__name__: each for each in (not_ipv4, network_faults, public_address_faults, certificate_faults)}
