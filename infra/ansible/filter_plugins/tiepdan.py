"""Filters of this project's playbooks."""

MARKS = {"good": "[ĐẠT]", "note": "[LƯU Ý]", "bad": "[HỎNG]"}


def line_of(check):
    line = f"{MARKS[check['is']]} {check['host']}: {check['name']}"
    return line if check["is"] == "good" else f"{line} — {check['remedy']} ({check['detail']})"


def check_lines(checks):
    """The result of a self-check as Vietnamese lines, failures last so that they are what stands on the screen."""
    of = {kind: [check for check in checks if check["is"] == kind] for kind in MARKS}
    total = f"Kết quả tự kiểm tra: {len(of['good'])} đạt, {len(of['bad'])} không đạt, {len(of['note'])} lưu ý"
    return [line_of(check) for kind in MARKS for check in of[kind]] + [total]


class FilterModule:
    def filters(self):
        return {"check_lines": check_lines}
