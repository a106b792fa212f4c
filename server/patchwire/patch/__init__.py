"""Patches as values: reading the formats that models write, finding where hunks go, applying them, making diffs.

Must not know the disk, git or LSP: texts come in, texts go out.
"""
