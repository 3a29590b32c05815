"""The diagrams of states in docs/diagrams.md are drawn from the transition tables. To redraw them after a change:

``.venv/bin/python -m tests.events.test_diagrams``
"""

from __future__ import annotations

from pathlib import Path

import django

FILE = Path(__file__).resolve().parents[2] / "docs/diagrams.md"


def drawn() -> str:
    """The part of the file that belongs to events."""
    from events import answers, lifecycle

    event = [
        f"    {t.source.value} --> {t.target.value}: {verb}" for verb, t in lifecycle.TRANSITIONS.items()
    ]
    attendee = [
        f"    {source.value if source else '[*]'} --> {t.target.value}: {verb}"
        for verb, t in answers.TRANSITIONS.items()
        for source in t.sources
    ]
    return "\n".join(
        [
            "<!-- events: drawn by tests/events/test_diagrams.py -->",
            "",
            "## Event (`events.lifecycle.TRANSITIONS`)",
            "",
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> draft",
            *event,
            "```",
            "",
            "## Attendee's answer (`events.answers.TRANSITIONS`)",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *attendee,
            "```",
            "",
            "Presence is another axis: an entry at the door, open until it is undone (`events.checkin`).",
            "",
            "<!-- events: end -->",
        ]
    )


def replaced(text: str) -> str:
    """The file's text with our part as drawn now; other parts stay."""
    drawing = drawn()
    first, last = drawing.splitlines()[0], drawing.splitlines()[-1]
    if first not in text:
        return f"{text.rstrip()}\n\n{drawing}\n"
    before, rest = text.split(first, 1)
    return before + drawing + rest.split(last, 1)[1]


def test_the_diagrams_show_the_transition_tables() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert text == replaced(text), "run: .venv/bin/python -m tests.events.test_diagrams"


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
    django.setup()
    existing = FILE.read_text(encoding="utf-8") if FILE.exists() else "# How things change state\n"
    FILE.write_text(replaced(existing), encoding="utf-8")
