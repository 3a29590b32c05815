"""The message catalogues: English in the code and templates, Vietnamese in ``kolportal/locale/vi``.

    .ci/messages.py             collect every msgid, merge the translations into django.po, compile
    .ci/messages.py --compile   only compile what is out of date (needs nothing but gettext)
    .ci/messages.py --check     change nothing; fail on a missing, fuzzy, contradictory or outdated message
    .ci/messages.py --fold      as without options, then delete the fragments that were merged

A fragment (``kolportal/locale/vi/fragments/NAME.po``, plain msgid/msgstr pairs) is how a change brings its Vietnamese
without touching the one big file; it wins over what django.po says, until ``--fold`` deletes it. The fragments
``thirdparty-*.po`` stay: they translate msgids of django-allauth, django-unfold and Django, which are in none of our
sources, so only these files know them.
"""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polib import POEntry, POFile

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "kolportal/locale"
CATALOGUE = LOCALE / "vi/LC_MESSAGES/django.po"
FRAGMENTS = LOCALE / "vi/fragments"
NOT_SOURCES = [".*", "node_modules", "var", "tests", "kolportal/locale"]
HEADER = {
    "Project-Id-Version": "kolportal",
    "Language": "vi",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
Key = tuple[str | None, str]


def key(entry: POEntry) -> Key:
    """What gettext finds a message by: context and msgid."""
    return entry.msgctxt, entry.msgid


def words(entry: POEntry) -> str:
    """The translation; Vietnamese has one form for singular and plural. Empty where there is none."""
    text: str = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
    return "" if entry.fuzzy else text


def extract() -> POFile:
    """Every message of our sources, untranslated, in the order of the files. Imports none of our code."""
    import django
    import polib
    from django.conf import settings
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        # A bare Django with a locale folder of its own: nothing of the site has to work for its words to be found.
        settings.configure(LOCALE_PATHS=[folder], USE_I18N=True)
        django.setup()
        call_command(
            "makemessages", locale=["vi"], ignore_patterns=NOT_SOURCES, add_location="file", no_wrap=True, verbosity=0
        )  # fmt: skip
        return polib.pofile(f"{folder}/vi/LC_MESSAGES/django.po", wrapwidth=0)


def read_fragments() -> tuple[dict[Key, POEntry], list[str]]:
    """The entries of all fragments by key, and a sentence for each msgid on which two of them disagree."""
    import polib

    found: dict[Key, POEntry] = {}
    quarrels = []
    for path in sorted(FRAGMENTS.glob("*.po")):
        for entry in polib.pofile(str(path)):
            if not words(entry):
                continue
            first = found.setdefault(key(entry), entry)
            if words(first) != words(entry):
                quarrels.append(
                    f"{path.name}: {entry.msgid!r} is {words(entry)!r} here, {words(first)!r} elsewhere"
                )
    return found, quarrels


def merge(fragments: dict[Key, POEntry]) -> POFile:
    """What django.po should be now."""
    import polib

    merged = polib.POFile(wrapwidth=0)
    merged.metadata = dict(HEADER)
    merged.header = "Written by .ci/messages.py (make messages); translations may be edited here."
    known = {key(entry): entry for entry in polib.pofile(str(CATALOGUE))} if CATALOGUE.exists() else {}
    known |= fragments
    for entry in extract():
        translation = words(known[key(entry)]) if key(entry) in known else ""
        if entry.msgid_plural:
            entry.msgstr_plural = {0: translation}
        else:
            entry.msgstr = translation
        entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        merged.append(entry)
    ours = {key(entry) for entry in merged}
    for path in sorted(FRAGMENTS.glob("thirdparty-*.po")):
        for entry in polib.pofile(str(path)):
            if key(entry) not in ours and words(entry):
                ours.add(key(entry))
                entry.comment = f"({path.stem})"
                merged.append(entry)
    return merged


def text_of(catalogue: POFile) -> str:
    """The file as it is written."""
    return f"{catalogue}".rstrip("\n") + "\n"


def compile_stale() -> None:
    """Make each .mo that is older than its .po. A format error in a translation stops here."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime <= source.stat().st_mtime:
            subprocess.run(["msgfmt", "--check-format", "-o", target, source], check=True)


def main() -> int:
    """The exit code: 1 where ``--check`` or ``--fold`` found something to complain about."""
    parser = argparse.ArgumentParser(description="The message catalogues of kolportal.")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--compile", action="store_true", help="only compile what is out of date")
    group.add_argument("--check", action="store_true", help="change nothing, say what is missing")
    group.add_argument("--fold", action="store_true", help="merge, then delete the merged fragments")
    options = parser.parse_args()

    lock = (ROOT / "var/messages.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if options.compile:
        compile_stale()
        return 0
    fragments, complaints = read_fragments()
    merged = merge(fragments)
    missing = [entry for entry in merged if not words(entry)]
    complaints += [
        f"no Vietnamese: {entry.msgid!r} ({', '.join(path for path, _ in entry.occurrences)})"
        for entry in missing
    ]
    if options.check:
        if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != text_of(merged):
            complaints.append("django.po is not what the sources and fragments make: run `make messages`")
    else:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        CATALOGUE.write_text(text_of(merged), encoding="utf-8")
        compile_stale()
        if options.fold:
            for path in FRAGMENTS.glob("*.po"):
                if not path.name.startswith("thirdparty-"):
                    path.unlink()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f"Messages: {len(merged)} in all, {len(missing)} without Vietnamese.")
    return 1 if complaints and (options.check or options.fold) else 0


if __name__ == "__main__":
    sys.exit(main())
