"""One run: documents, judges, expectations, table."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.conformance import documents, expected, judges, seals, table

REPOSITORY: Final = judges.HOME.parent.parent
PAGE: Final = REPOSITORY / "docs" / "conformance.md"


def everything() -> tuple[int, list[str]]:
    """Make, judge, write the page; returns how many judgements there were, and the findings, one sentence each."""
    built = judges.build()
    folder = judges.TARGET / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with seals.sealing(folder) as sealer:
        return _judged(built, sealer, folder)


def _judged(built: judges.Judges, sealer: seals.Sealer, folder: Path) -> tuple[int, list[str]]:
    shows: dict[str, str] = {}
    sealed: list[judges.SealCase] = []
    for made in documents.pledges():
        shows[made.name] = made.shows
        (folder / f"{made.name}.pdf").write_bytes(made.pdf)
        if made.name.startswith("pledge-"):
            name = f"{made.name}-B-B"
            shows[name] = f"{made.shows}; sealed, B-B"
            (folder / f"{name}.pdf").write_bytes(sealer.seal(made.pdf))
            sealed.append(sealer.case(folder / f"{name}.pdf"))
    pages = built.pages(folder / f"{name}.pdf" for name in shows)
    said = built.seals(sealed)
    findings = expected.wrong_pages(pages)
    for verdict in said:
        findings += expected.wrong_seal(verdict, level="B-B")
    PAGE.write_text(
        "\n".join(
            (
                table.HEAD.format(**built.versions),
                "## Pages: PDF/A and PDF/UA (veraPDF)\n",
                table.pages_table(pages, shows=shows),
                "## Seals: level and validity (EU DSS)\n",
                table.table(
                    ("file", "level", "verdict", "remarks"),
                    [(shows[one.file.stem], *table.verdict_cells(one)) for one in said],
                ),
            )
        ),
        encoding="utf-8",
    )
    return len(pages) + len(said), findings
