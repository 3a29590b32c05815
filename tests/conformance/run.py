"""One run: documents, judges, expectations, table."""

from __future__ import annotations

import shutil
from typing import Final

from tests.conformance import documents, expected, judges, seals, table, vectors

REPOSITORY: Final = judges.HOME.parent.parent
PAGE: Final = REPOSITORY / "docs" / "conformance.md"


def everything() -> tuple[int, list[str]]:
    """Make, judge, write the page; returns how many judgements there were, and the findings, one sentence each."""
    built = judges.build()
    folder = judges.TARGET / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = list(documents.pledges())
    with seals.sealing(folder) as sealer:
        sealed = [
            *sealer.each_level(made[0].pdf),
            *(sealer.at_b_b(document) for document in made if document.is_signed),
        ]
        judged: list[documents.Made | seals.SealedPledge] = [*made, *sealed, *documents.spoiled(made[0].pdf)]
        sealed += sealer.not_conclusive(made[0].pdf)
        for document in (*judged, *sealed):
            (folder / f"{document.name}.pdf").write_bytes(document.pdf)
        cases = [sealer.case(one, folder / f"{one.name}.pdf") for one in sealed]
    pages = built.pages(folder / f"{document.name}.pdf" for document in judged)
    verdicts = list(zip(sealed, built.seals(cases), strict=True))
    questions = list(vectors.questions(folder))
    answers = list(zip(questions, built.seals(one.case for one in questions), strict=True))

    refused = {one.name: one.refused for one in judged if isinstance(one, documents.Made)}
    findings = [
        *(
            sentence
            for page in pages
            for sentence in expected.wrong_page(page, refused=refused.get(page.file.stem, ()))
        ),
        *(sentence for one, verdict in verdicts for sentence in expected.wrong_seal(one, verdict)),
        *(sentence for one, verdict in answers for sentence in expected.wrong_vector(one, verdict)),
    ]
    shows = {document.name: document.shows for document in (*judged, *sealed)}
    PAGE.write_text(
        table.page(pages, verdicts, answers, shows=shows, versions=built.versions), encoding="utf-8"
    )
    return len(pages) + len(verdicts) + len(answers), findings
