"""The report: `python -m accesslog.report < access.log`."""

import sys

from accesslog.entries import parse
from accesslog.figures import pages
from accesslog.table import render

HEADINGS = ("page", "hits", "clients", "errors", "median", "slowest")


def error_rate(page):
    return f"{100 * page.errors / page.hits:.0f}%"


def report(text, top=10):
    entries, unreadable = parse(text)
    if not entries:
        return "No requests."
    rows = [
        (p.path, str(p.hits), str(p.clients), error_rate(p), f"{p.median:.3f}", f"{p.slowest:.3f}")
        for p in pages(entries)[:top]
    ]
    lines = [render(HEADINGS, rows)]
    if unreadable:
        lines.append(f"Unreadable lines: {unreadable}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(sys.stdin.read()))
