"""What the user did with a change under review, in words for the model that made it.

Knows no protocol: short plain text that goes before the user's next message.
"""

from collections import Counter

from patchwire.patch.document import whole_lines
from patchwire.patch.model import Kind
from patchwire.patch.review import Decision, File, Part, Review, fitting, standing_of
from patchwire.patch.standing import Standing

_MOST_FILES = 40
_EXCERPT = 60


def told(current: Review) -> str:
    """What the user did with the changes, in a few words for whoever made them; empty if there are none."""
    lines = [f"- {file.change.path}: {_told(file)}" for file in current.files[:_MOST_FILES]]
    if len(current.files) > _MOST_FILES:
        lines.append(f"- and {len(current.files) - _MOST_FILES} more files")
    return "\n".join(lines)


def _told(file: File) -> str:
    counts = Counter(part.decision for part in file.parts)
    words = {Decision.ACCEPTED: "accepted", Decision.DISCARDED: "discarded", Decision.PENDING: "not decided yet"}
    if len(counts) == 1:
        said = [words[decision] for decision in counts]
    else:
        said = [
            f"{counts[decision]} of {len(file.parts)} parts {words[decision]}" for decision in words if counts[decision]
        ]
        said += [f"discarded: {_excerpt(file, part)}" for part in file.parts if part.decision is Decision.DISCARDED]
    standing = standing_of(file)
    stuck = len(file.pending) - len(fitting(file, standing))
    if stuck:
        said.append(f"{stuck} cannot be taken any more, because the user edited the same lines")
    if _edited(file, standing):
        said.append("edited by the user since")
    return "; ".join(said)


def _excerpt(file: File, part: Part) -> str:
    """The first line that tells something of what a part does."""
    if part.whole:
        return "what it does to the file as a whole"
    first, last = file.changes[part.numbers[0]], file.changes[part.numbers[-1]]
    come = whole_lines(file.change.after or "")[first.new_start : last.new_end]
    gone = whole_lines(file.change.before or "")[first.start : last.end]
    told = (
        [f"+{line}" for line in come if line.strip()] + [f"-{line}" for line in gone if line.strip()] + ["blank lines"]
    )
    return told[0].rstrip()[:_EXCERPT]


def _edited(file: File, standing: Standing | None) -> bool:
    """Whether the user's files hold anything else than the old text and what was accepted."""
    if standing is not None:
        return bool(standing.edits)
    if file.parts[0].decision is not Decision.ACCEPTED:
        return (file.now, file.there) != (file.change.before, None)
    if file.change.kind is Kind.RENAME:
        return (file.now, file.there) != (None, file.change.after)
    return (file.now, file.there) != (file.change.after, None)
