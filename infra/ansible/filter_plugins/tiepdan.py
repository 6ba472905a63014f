"""Filters of this project's playbooks."""
import json

MARKS = {"good": "[ĐẠT]", "note": "[LƯU Ý]", "bad": "[HỎNG]"}


def line_of(check):
    line = f"{MARKS[check['is']]} {check['host']}: {check['name']}"
    return line if check["is"] == "good" else f"{line} — {check['remedy']} ({check['detail']})"


def check_lines(checks):
    """The result of a self-check as Vietnamese lines, failures last so that they are what stands on the screen."""
    of = {kind: [check for check in checks if check["is"] == kind] for kind in MARKS}
    total = f"Kết quả tự kiểm tra: {len(of['good'])} đạt, {len(of['bad'])} không đạt, {len(of['note'])} lưu ý"
    return [line_of(check) for kind in MARKS for check in of[kind]] + [total]


def drill_said(answer):
    """What the control plane's command answered, one object a line."""
    return [json.loads(line) for line in answer.splitlines() if line.strip()]


def drill_lines(answer):
    """The lines of a drill as people read them."""
    return [line for told in drill_said(answer) if "say" in told for line in told["say"].splitlines()]


def drill_outcome(answer):
    """passed; refused (something else is on: nothing is wrong); failed, also when the answer broke off."""
    if any(told.get("ok") is True for told in drill_said(answer)):
        return "passed"
    return "refused" if drill_lines(answer)[:1] == ["Chưa diễn tập được:"] else "failed"


class FilterModule:
    def filters(self):
        return {each.__name__: each for each in (check_lines, drill_lines, drill_outcome)}
