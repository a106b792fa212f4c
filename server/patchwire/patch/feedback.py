"""What the user did with a change under review, in words for the model that made it.

Knows no protocol: short plain text that goes before the user's next message.
"""

from collections import Counter

from patchwire.patch.document import whole_lines
from patchwire.patch.model import Kind
from patchwire.patch.review import Decision, File, Part, Review, fitting, standing_of
from patchwire.patch.standing import Standing

_MOST_FILES = 40
_MOST_EXCERPTS, _EXCERPT = 3, 60


def told(current: Review) -> str:
    """What the user did with the changes, in a few words for whoever made them; empty if there are none."""
    lines = [f"- {file.change.path}: {_told(file)}" for file in current.files[:_MOST_FILES]]
    if len(current.files) > _MOST_FILES:
        lines.append(f"- and {len(current.files) - _MOST_FILES} more files")
    return "\n".join(lines)


def _told(file: File) -> str:
    standing = standing_of(file)
    stuck = len(file.pending) - len(fitting(file, standing))
    counts = Counter(part.decision for part in file.parts)
    if len(counts) > 1:
        gone = [_excerpt(file, part) for part in file.parts if part.decision is Decision.DISCARDED]
        named = ", ".join(gone[:_MOST_EXCERPTS]) + (", …" if len(gone) > _MOST_EXCERPTS else "")
        words = {
            Decision.ACCEPTED: "accepted",
            Decision.DISCARDED: f"discarded ({named})",
            Decision.PENDING: "not decided",
        }
        told = f"of {len(file.parts)} changes: "
        told += ", ".join(f"{counts[decision]} {word}" for decision, word in words.items() if counts[decision])
    elif counts[Decision.ACCEPTED]:
        told = "the user accepted your change"
    elif counts[Decision.DISCARDED]:
        told = "the user discarded your change; it is not in the file"
    else:
        told = "the user has not decided on your change yet" + ("" if stuck else "; it is in the file")
    if stuck:
        told += (
            f". What you changed in {stuck} place{'s' * (stuck > 1)} is not in the file: the user edited the same lines"
        )
    if _edited(file, standing):
        told += ". The user edited the file, too"
    return told + "."


def _excerpt(file: File, part: Part) -> str:
    """The first line that tells something of what a part does."""
    if part.whole:
        return "the file's mode"
    first, last = file.changes[part.numbers[0]], file.changes[part.numbers[-1]]
    come = whole_lines(file.change.after or "")[first.new_start : last.new_end]
    gone = whole_lines(file.change.before or "")[first.start : last.end]
    telling = [f"+{line}" for line in come if line.strip()] + [f"-{line}" for line in gone if line.strip()]
    return f"`{telling[0].rstrip()[:_EXCERPT]}`" if telling else "blank lines"


def _edited(file: File, standing: Standing | None) -> bool:
    """Whether the user's files hold anything else than the old text and what was accepted."""
    if standing is not None:
        return bool(standing.edits)
    if file.parts[0].decision is not Decision.ACCEPTED:
        return (file.now, file.there) != (file.change.before, None)
    if file.change.kind is Kind.RENAME:
        return (file.now, file.there) != (None, file.change.after)
    return (file.now, file.there) != (file.change.after, None)
