#!/usr/bin/env python3
"""Dynamic inventory: every active endpoint of the control plane is a host of group kiosks, named by its slug.

Reads the control plane's own database, on the machine where it is run or through SSH: TIEPDAN_KIOSK_VIA=root@co-so-du-lieu.
TIEPDAN_KIOSK_DOMAIN: the room PCs' names are <slug>.<domain>. Use it beside the province's inventory: -i inventories/province -i inventories/kiosks
"""
import json
import os
import shlex
import subprocess
import sys

QUERY = "select json_agg(json_build_object('slug', slug, 'name', name)) from endpoints where active"


def endpoints():
    command = ["runuser", "-u", "postgres", "--", "psql", "-qAtX", "-d", "tiepdan", "-c", QUERY]
    via = os.environ.get("TIEPDAN_KIOSK_VIA")
    if via:
        command = ["ssh", via, shlex.join(command)]
    try:
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd="/", timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        sys.exit(f"Không đọc được danh sách phòng họp từ cơ sở dữ liệu qua {via or 'máy này'}: đặt TIEPDAN_KIOSK_VIA=root@<máy cơ sở dữ liệu>")
    return json.loads(answer.strip() or "[]") or []


def main():
    domain = os.environ.get("TIEPDAN_KIOSK_DOMAIN", "")
    variables = {
        point["slug"]: {"ansible_host": f"{point['slug']}.{domain}" if domain else point["slug"], "endpoint_kiosk_endpoint": point["name"]}
        for point in endpoints()
    }
    # Part of the province: its settings hold for them too.
    print(json.dumps({"province": {"children": ["kiosks"]}, "kiosks": {"hosts": sorted(variables)}, "_meta": {"hostvars": variables}}))


main()
