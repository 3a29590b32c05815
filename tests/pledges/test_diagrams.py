"""The diagram of a pledge's states in docs/diagrams.md is drawn from ``publishing.TRANSITIONS``."""

from __future__ import annotations

from pathlib import Path

from pledges.models import PledgeState
from pledges.publishing import TRANSITIONS

FILE = Path(__file__).resolve().parents[2] / "docs/diagrams.md"
VERBS = {PledgeState.OPEN: "open", PledgeState.CLOSED: "close"}


def drawn() -> str:
    """The diagram in Mermaid."""
    lines = ["    [*] --> draft"]
    lines += [
        f"    {source} --> {target}: {VERBS[target]}"
        for source, targets in TRANSITIONS.items()
        for target in targets
    ]
    return "\n".join(
        ["## Pledge (`pledges.publishing.TRANSITIONS`)", "", "```mermaid", "stateDiagram-v2", *lines, "```"]
    )


def test_diagram_shows_the_table() -> None:
    assert drawn() in FILE.read_text(), f"docs/diagrams.md lacks this:\n\n{drawn()}"
