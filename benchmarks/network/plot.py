"""The plot as SVG, written by hand: bars of what a WebSocket saves, a panel for each round trip, a line at 40 %."""

from collections.abc import Mapping, Sequence

Bar = tuple[str, float, float]
"""The model's time, and the shares saved to stateless HTTP and to HTTP with stored ids."""

_WIDTH, _HEIGHT = 760, 340
_TOP, _BOTTOM, _LEFT, _GAP = 64, 48, 52, 36
_TALL = _HEIGHT - _TOP - _BOTTOM
_MOST = 0.8
_COLOURS = ("#1f6feb", "#8fb8f6")
_NAMES = ("stateless HTTP", "HTTP with stored ids")
_CLAIM = 0.4


def plot(panels: Mapping[float, Sequence[Bar]]) -> str:
    """The whole picture."""
    wide = (_WIDTH - _LEFT - _GAP * len(panels)) / len(panels)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12" role="img" aria-label="Time saved by WebSocket against HTTP, simulated">'
    )
    parts = [
        opening,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 20, "Time that a WebSocket saves over 25 tool calls (simulation)", size=14),
        *_legend(),
    ]
    for number, (round_trip, bars) in enumerate(panels.items()):
        left = _LEFT + number * (wide + _GAP)
        parts += _panel(left, wide, f"round trip {1000 * round_trip:.0f} ms", bars)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(left: float, wide: float, title: str, bars: Sequence[Bar]) -> list[str]:
    parts = [_text(left + wide / 2, _TOP - 6, title)]
    for percent in range(0, int(100 * _MOST) + 1, 20):
        at = _y(percent / 100)
        claim = percent == 100 * _CLAIM
        style = 'stroke="#cf222e" stroke-dasharray="5 4"' if claim else 'stroke="#d8dee4"'
        parts.append(f'<line x1="{left:.1f}" y1="{at:.1f}" x2="{left + wide:.1f}" y2="{at:.1f}" {style}/>')
        parts.append(_text(left - 6, at + 4, f"{percent} %", anchor="end"))
    slot = wide / len(bars)
    for number, (label, *shares) in enumerate(bars):
        middle = left + (number + 0.5) * slot
        for side, share in enumerate(shares):
            parts += _bar(middle + (side - 1) * 0.36 * slot, 0.34 * slot, share, _COLOURS[side])
        parts.append(_text(middle, _HEIGHT - _BOTTOM + 16, label))
    return [*parts, _text(left + wide / 2, _HEIGHT - 12, "the model's time a turn")]


def _bar(left: float, wide: float, share: float, colour: str) -> list[str]:
    top, foot = sorted((_y(share), _y(0)))
    return [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{foot - top:.1f}" fill="{colour}"/>',
        _text(left + wide / 2, top - 4, f"{100 * share:.0f}", size=11),
    ]


def _legend() -> list[str]:
    parts = []
    for number, (name, colour) in enumerate(zip(_NAMES, _COLOURS, strict=True)):
        left = _LEFT + 190 * number
        parts.append(f'<rect x="{left}" y="31" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(left + 17, 41, f"against {name}", anchor="start"))
    left = _LEFT + 410
    parts.append(f'<line x1="{left}" y1="37" x2="{left + 24}" y2="37" stroke="#cf222e" stroke-dasharray="5 4"/>')
    return [*parts, _text(left + 30, 41, "the vendor's “up to 40 %”", anchor="start")]


def _y(share: float) -> float:
    return _TOP + _TALL * (1 - min(share, _MOST) / _MOST)


def _text(x: float, y: float, text: str, *, anchor: str = "middle", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="#24292f">{text}</text>'
