#!/usr/bin/python
"""Runs shell checks beside each other and tells what they found. Nothing is changed and nothing fails: what does not work is a line of the answer."""
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: shell_checks
short_description: Run shell checks and tell what they found
description: Each command is run by bash as the task's user until it is content or its tries are used up; several at a time.
options:
  checks:
    description: Exit code 0 is good, 64 a note (what the command printed says why), everything else bad.
    type: list
    elements: dict
    required: true
  host:
    description: Whose checks they are.
    type: str
    required: true
  retries:
    description: Further tries of a check that names none, one second apart.
    type: int
    default: 0
author: tiepdan
"""

CHECK = {
    "name": {"type": "str", "required": True},
    "command": {"type": "str", "required": True},
    "remedy": {"type": "str", "required": True},
    "stdin": {"type": "raw", "default": ""},
    "retries": {"type": "int"},
}
# The slowest command waits 90 s by itself.
LONGEST_SECONDS = 120
AT_A_TIME = 4
KINDS = {0: "good", 64: "note"}


def run(command, stdin):
    """Exit code and what was printed, errors first. A command that hangs is ended; its code is None."""
    process = subprocess.Popen(["/bin/bash", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
                               start_new_session=True, encoding="utf-8", errors="replace")
    try:
        printed, errors = process.communicate(stdin, LONGEST_SECONDS)
        return process.returncode, f"{errors} {printed}"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        # Not waited for: on a dead disk it does not even die.
        return None, f"quá {LONGEST_SECONDS} giây chưa xong"


def look(check, host, retries):
    """One check, as the control plane keeps it."""
    tries = 1 + (retries if check["retries"] is None else check["retries"])
    # A template whose outcome is JSON comes as what it stands for.
    stdin = check["stdin"] if isinstance(check["stdin"], str) else json.dumps(check["stdin"], ensure_ascii=False)
    for attempt in range(tries):
        if attempt:
            time.sleep(1)
        code, printed = run(check["command"], stdin)
        # Nobody waits again for what hangs.
        if code is None or code in KINDS:
            break
    kind = KINDS.get(code, "bad")
    return {
        "host": host,
        "name": check["name"],
        "is": kind,
        "ok": kind != "bad",
        "remedy": check["remedy"][:1000],
        "detail": "" if code == 0 else " ".join(printed.split())[:300],
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "dict", "options": CHECK, "required": True},
            "host": {"type": "str", "required": True},
            "retries": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = list(pool.map(lambda check: look(check, module.params["host"], module.params["retries"]), module.params["checks"]))
    module.exit_json(changed=False, found=found)


if __name__ == "__main__":
    main()
