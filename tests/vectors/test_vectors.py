"""The committed vectors are what their script makes, and every judge of ours says of each what the table says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from kolportal.pades import Report, verify
from kolportal.transparency import check_logged
from kolportal.verifier import building, trusted
from kolportal.verifier.command import as_dict
from kolportal.verifier.outcome import Outcome, outcome
from tests.servers import PATIENCE
from tests.vectors import make
from tests.vectors.corpus import by_name, corpus, names
from tests.vectors.expected import Vector, judged

KEYS = trusted.read((make.FOLDER / "trusted.json").read_bytes())
MAX_TOTAL = 4_000_000


def ours(vector: Vector) -> Outcome:
    report = verify(vector.data, trust=KEYS.trust, at=vector.at)
    assert KEYS.log is not None
    log = (
        check_logged(pdf=vector.data, ends=report.ends, proof=vector.proof, policy=KEYS.log)
        if vector.proof is not None
        else None
    )
    return outcome(report, log)


def test_the_script_makes_the_committed_bytes() -> None:
    wanted = make.contents()
    committed = {f"files/{path.name}" for path in make.FILES.iterdir()}
    assert committed == {name for name in wanted if name.startswith("files/")}
    assert [name for name, data in wanted.items() if (make.FOLDER / name).read_bytes() != data] == []
    assert sum(map(len, wanted.values())) < MAX_TOTAL


@pytest.mark.parametrize("name", names())
def test_the_whole_verdict_is_the_expected_one(name: str) -> None:
    vector = by_name()[name]
    found = ours(vector)
    problems = None if found.log is None else [str(problem) for problem in found.log.problems]
    said = judged(found.seal.as_dict(), problems) | {"exit": found.exit}
    expected: dict[str, Any] = asdict(vector.expected)
    expected["changes"] = sorted(set(expected["changes"]))
    expected["logged"] = None if expected["logged"] is None else list(expected["logged"])
    assert said == expected


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("verifier") / "kolportal-verify.pyz"
    path.write_bytes(building.build())
    return path


_ALL = """
import io, json, sys
from contextlib import redirect_stdout
sys.path.insert(0, sys.argv[1])
from kolportal.verifier.command import main
for line in sys.stdin:
    out = io.StringIO()
    with redirect_stdout(out):
        code = main(json.loads(line))
    print(json.dumps([code, json.loads(out.getvalue())]))
"""


def _in_one_process(pyz: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The one-file verifier over all vectors, in an interpreter that has nothing but the standard library."""
    calls = []
    for vector in corpus():
        path = make.FILES / vector.name
        proof = [f"{path}.tlog-proof"] if vector.proof is not None else []
        keys = ["--keys", str(make.FOLDER / "trusted.json"), "--json", "--at", vector.at.isoformat()]
        calls.append(json.dumps([f"{path}.pdf", *proof, *keys]))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _ALL, str(pyz)],
        input="\n".join(calls),
        capture_output=True,
        text=True,
        check=False,
        cwd=pyz.parent,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        code, said = json.loads(line)
        yield code, said


def test_the_one_file_verifier_says_the_same_of_every_vector(pyz: Path) -> None:
    answers = list(_in_one_process(pyz))
    assert len(answers) == len(corpus())
    for vector, (code, said) in zip(corpus(), answers, strict=True):
        mine = as_dict(ours(vector), sha256=said["file"]["sha256"], size=len(vector.data))
        assert said == json.loads(json.dumps(mine)), vector.name
        assert code == vector.expected.exit, vector.name


# --- other judges --------------------------------------------------------------------------------------------------------


def test_pyhanko_finds_whole_what_we_find_whole() -> None:
    from tests.vectors.judges import pyhanko_finds_whole

    good = [vector for vector in corpus() if vector.expected.whole and vector.expected.trusted]
    assert len(good) > 20
    assert [vector.name for vector in good if not pyhanko_finds_whole(vector.data)] == []


@pytest.mark.parametrize(
    "name", ["level-b-b", "level-b-b-rsa", "level-b-b-p384", "level-b-lta", "renewed-2037"]
)
def test_poppler_and_qpdf_agree(name: str) -> None:
    path = str(make.FILES / f"{name}.pdf")
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in said
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)


def test_nothing_changed_is_whole_for_lack_of_a_reason() -> None:
    """The negative control of the guards: each changed vector is intact up to its seal, only what came after speaks."""
    only_after = [
        vector for vector in corpus() if vector.expected.intact and vector.expected.after == "other"
    ]
    assert len(only_after) > 20
    for vector in only_after:
        report: Report = ours(vector).seal
        assert report.intact, vector.name
        assert not report.whole, vector.name
