"""Figures for each page: how often, how slow, how many errors."""

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    path: str
    hits: int
    clients: int
    errors: int
    median: float
    slowest: float


def by_path(entries):
    groups = defaultdict(list)
    for entry in entries:
        groups[entry.path].append(entry)
    return dict(groups)


def pages(entries):
    """A `Page` for each path, the most visited first."""
    result = []
    for path, group in by_path(entries).items():
        times = [entry.seconds for entry in group]
        result.append(
            Page(
                path=path,
                hits=len(group),
                clients=len({entry.client for entry in group}),
                errors=sum(entry.failed for entry in group),
                median=statistics.median(times),
                slowest=max(times),
            )
        )
    return sorted(result, key=lambda page: (-page.hits, page.path))
