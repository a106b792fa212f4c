"""Rows of text in columns."""


def looks_like_number(text):
    return text.replace(".", "", 1).replace("%", "", 1).isdigit()


def render(headings, rows):
    """Columns as wide as their widest cell, numbers to the right, a rule under the headings."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows)]
    lines = [
        "  ".join(heading.ljust(width) for heading, width in zip(headings, widths)),
        "  ".join("-" * width for width in widths),
    ]
    for row in rows:
        cells = [
            cell.rjust(width) if looks_like_number(cell) else cell.ljust(width) for cell, width in zip(row, widths)
        ]
        lines.append("  ".join(cells))
    return "\n".join(line.rstrip() for line in lines)
