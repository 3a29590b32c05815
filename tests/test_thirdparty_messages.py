"""Every word of django-allauth, django-unfold and Django that a person can meet has Vietnamese.

The first two ship no Vietnamese and Django's own has holes, so theirs stands in our catalogue (``thirdparty-*.po`` among
the fragments). The message ids are read from the *installed* packages, as makemessages would read them: an upgrade that
brings a new string, or an application newly added to ``INSTALLED_APPS``, turns these tests red and names it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import django
import polib
import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.formats import get_format
from django.utils.translation.template import templatize
from unfold.utils import parse_date_str

LOCALE = Path(settings.BASE_DIR) / "kolportal/locale/vi"
CATALOGUE = LOCALE / "LC_MESSAGES/django.po"
SCRIPT_CATALOGUE = LOCALE / "LC_MESSAGES/djangojs.po"
FRAGMENTS = sorted((LOCALE / "fragments").glob("thirdparty-*.po"))
HAND_KEPT = [
    *FRAGMENTS,
    SCRIPT_CATALOGUE,
]  # nothing of ours is in the domain djangojs, so its catalogue is no merge

# The same calls that Django's makemessages looks for.
KEYWORDS = (
    "gettext_noop", "gettext_lazy", "ngettext_lazy:1,2", "pgettext:1c,2", "npgettext:1c,2,3", "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3", "_",
)  # fmt: skip

# Parts of the two packages that are Django applications of their own; their words count once they are installed.
OPTIONAL_PARTS = {
    "allauth": {"headless", "idp", "mfa", "openid", "socialaccount", "usersessions"},
    "unfold": {
        "constance", "guardian", "import_export", "inlines", "location_field", "simple_history", "unfold_crispy",
    },
}  # fmt: skip

# Django's own catalogues: (application or "conf" for the core, domain).
DJANGO_CATALOGUES = [
    ("conf", "django"),
    ("contrib/admin", "django"),
    ("contrib/admin", "djangojs"),
    ("contrib/auth", "django"),
    ("contrib/contenttypes", "django"),
    ("contrib/humanize", "django"),
    ("contrib/postgres", "django"),
    ("contrib/sessions", "django"),
    ("contrib/sites", "django"),
]

PLACEHOLDER = re.compile(r"%\(\w+\)[.0-9]*[a-z]|%[sd]|\{\w*\}|</?[a-z]+|href=\"[^\"]*\"")

# look.md: the person is "anh/chị" (never "bạn"), and there are no exclamation marks (":?.!" is a list, not a sentence).
OUT_OF_TONE = re.compile(r"\b[Bb]ạn\b|(?<!\.)!")


class Message(NamedTuple):
    """What gettext looks a message up by."""

    context: str | None
    msgid: str


def messages_in(entries: polib.POFile, *, translated: bool = False) -> set[Message]:
    """The live messages of a catalogue; with ``translated`` only those that gettext would answer."""
    return {
        Message(entry.msgctxt, entry.msgid)
        for entry in entries
        if not entry.obsolete and (entry.translated() or not translated)
    }


def vietnamese(entry: polib.POEntry) -> str:
    """The translation; there is one form for singular and plural."""
    return entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr


def sources_of(root: Path, *, leave_out: set[str]) -> Iterator[Path]:
    """Python files and templates under ``root``, without folders named in ``leave_out``."""
    for path in sorted(root.rglob("*")):
        wanted = path.suffix in {".py", ".html", ".txt"} and leave_out.isdisjoint(
            path.relative_to(root).parts
        )
        if wanted and path.is_file():
            yield path


def extract(sources: Iterator[Path], folder: Path) -> set[Message]:
    """The message ids of Python files and templates, by xgettext; ``folder`` takes the intermediate files."""
    for number, source in enumerate(sources):
        text = source.read_text(encoding="utf-8")
        readable = text if source.suffix == ".py" else templatize(text, origin=str(source))
        (folder / f"{number}.py").write_text(readable, encoding="utf-8")
    found = folder / "found.po"
    subprocess.run(
        [
            "xgettext", "--language=Python", "--from-code=UTF-8", f"--output={found}", "--force-po",
            *(f"--keyword={keyword}" for keyword in KEYWORDS), *map(str, sorted(folder.glob("*.py"))),
        ],
        check=True,
    )  # fmt: skip
    return messages_in(polib.pofile(str(found)))


def missing_from_catalogue(package: Path, *, leave_out: set[str], folder: Path) -> set[Message]:
    """Messages in a package's sources for which the site's catalogue has no Vietnamese."""
    wanted = extract(sources_of(package, leave_out=leave_out), folder)
    assert wanted, f"nothing to translate found under {package}"
    return wanted - messages_in(polib.pofile(str(CATALOGUE)), translated=True)


def package_folder(name: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def parts_not_installed(package: str) -> set[str]:
    """Folder names of the package's applications that the site does not use."""
    installed = {part for application in settings.INSTALLED_APPS for part in application.split(".")}
    return OPTIONAL_PARTS[package] - installed


@pytest.mark.parametrize("package", ["allauth", "unfold"])
def test_every_message_of_the_installed_package_has_vietnamese(package: str, tmp_path: Path) -> None:
    missing = missing_from_catalogue(
        package_folder(package), leave_out=parts_not_installed(package), folder=tmp_path
    )
    assert missing == set()


def test_string_that_an_upgrade_would_bring_is_reported(tmp_path: Path) -> None:
    """Negative control: the check above sees new strings in templates and in code, and in an application newly used."""
    package = tmp_path / "package"
    (package / "templates").mkdir(parents=True)
    (package / "mfa").mkdir()
    (package / "templates/page.html").write_text(
        '{% load i18n %}{% translate "Brand new" %}{% translate "Password" %}'
        "{% blocktranslate trimmed count n=n %}\n one thing \n{% plural %} {{ n }} things {% endblocktranslate %}"
    )
    (package / "forms.py").write_text('pgettext_lazy("verb", "Brand new")')
    (package / "mfa/forms.py").write_text('_("Only with a second factor")')

    folder = tmp_path / "without"
    folder.mkdir()
    assert missing_from_catalogue(package, leave_out={"mfa"}, folder=folder) == {
        Message(None, "Brand new"), Message(None, "one thing"), Message("verb", "Brand new"),
    }  # fmt: skip

    folder = tmp_path / "with"
    folder.mkdir()
    assert Message(None, "Only with a second factor") in missing_from_catalogue(
        package, leave_out=set(), folder=folder
    )


@pytest.mark.parametrize(("part", "domain"), DJANGO_CATALOGUES)
def test_what_django_leaves_untranslated_is_in_our_catalogue(part: str, domain: str) -> None:
    django_locale = Path(django.__file__).parent / part / "locale"
    wanted = messages_in(polib.pofile(str(django_locale / f"en/LC_MESSAGES/{domain}.po")))
    theirs = django_locale / f"vi/LC_MESSAGES/{domain}.po"
    done = messages_in(polib.pofile(str(theirs)), translated=True) if theirs.exists() else set()
    ours = polib.pofile(str(CATALOGUE if domain == "django" else SCRIPT_CATALOGUE))
    assert wanted - done - messages_in(ours, translated=True) == set()


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.stem)
def test_fragment_is_what_the_merged_catalogue_says(fragment: Path) -> None:
    """The merge loses no third-party word although our own code does not mention it, and no other fragment contradicts."""
    merged = polib.pofile(str(CATALOGUE))
    said = {(entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in merged}
    for entry in polib.pofile(str(fragment)):
        assert said.get((entry.msgctxt, entry.msgid)) == (entry.msgstr, entry.msgstr_plural)


# The name of a constraint is nobody's word: the Vietnamese says what to do and leaves it out.
LEFT_OUT = frozenset({"Constraint “%(name)s” is violated."})


@pytest.mark.parametrize("catalogue", HAND_KEPT, ids=lambda path: path.stem)
def test_placeholders_links_and_plural_forms_agree(catalogue: Path) -> None:
    for entry in polib.pofile(str(catalogue)):
        source = entry.msgid_plural or entry.msgid
        translation = vietnamese(entry)
        kept = set(PLACEHOLDER.findall(source))
        if entry.msgid not in LEFT_OUT:
            assert set(PLACEHOLDER.findall(translation)) == kept, entry.msgid
        assert (translation[0].isspace(), translation[-1].isspace()) == (
            source[0].isspace(),
            source[-1].isspace(),
        )
        assert list(entry.msgstr_plural) == ([0] if entry.msgid_plural else []), entry.msgid


@pytest.mark.parametrize("catalogue", HAND_KEPT, ids=lambda path: path.stem)
def test_msgfmt_accepts_the_catalogue(catalogue: Path) -> None:
    done = subprocess.run(
        ["msgfmt", "--check", "--output-file=/dev/null", str(catalogue)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("catalogue", HAND_KEPT, ids=lambda path: path.stem)
def test_words_keep_the_tone_of_the_site(catalogue: Path) -> None:
    for entry in polib.pofile(str(catalogue)):
        assert OUT_OF_TONE.search(vietnamese(entry)) is None


@pytest.mark.parametrize(("part", "domain"), DJANGO_CATALOGUES)
def test_words_left_to_django_keep_the_tone_too(part: str, domain: str) -> None:
    django_locale = Path(django.__file__).parent / part / "locale"
    used = messages_in(polib.pofile(str(django_locale / f"en/LC_MESSAGES/{domain}.po")))
    ours = messages_in(
        polib.pofile(str(CATALOGUE if domain == "django" else SCRIPT_CATALOGUE)), translated=True
    )
    for theirs in django_locale.glob(f"vi/LC_MESSAGES/{domain}.po"):
        for entry in polib.pofile(str(theirs)):
            if Message(entry.msgctxt, entry.msgid) in used - ours:
                assert OUT_OF_TONE.search(vietnamese(entry)) is None


@pytest.fixture
def compiled() -> None:
    """The catalogues as the site reads them."""
    subprocess.run([sys.executable, Path(settings.BASE_DIR) / ".ci/messages.py", "--compile"], check=True)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("field", "typed", "answer"),
    [
        (forms.CharField(), "", "Vui lòng điền mục này."),
        (forms.EmailField(), "ai-do@", "Vui lòng nhập địa chỉ email hợp lệ."),
        (forms.IntegerField(), "1,5", "Vui lòng nhập bằng chữ số."),
        (forms.DateField(), "31/02/2026", "Vui lòng nhập ngày hợp lệ."),
        (forms.CharField(max_length=3), "abcd", "Vui lòng nhập tối đa 3 ký tự (hiện có 4)."),
        (forms.ChoiceField(choices=[]), "x", "Vui lòng chọn lại: x không có trong các lựa chọn."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, forms.Field) else "",
)
def test_form_answers_a_mistake_in_our_words(field: forms.Field, typed: str, answer: str) -> None:
    """Where Django has words of its own ours win: the catalogue in LOCALE_PATHS is merged last."""
    with translation.override("vi"), pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    assert refusal.value.messages == [answer]


@pytest.mark.usefixtures("compiled")
def test_weak_password_is_refused_with_every_reason_in_vietnamese() -> None:
    with translation.override("vi"), pytest.raises(ValidationError) as refusal:
        validate_password("1234")
    assert "Mật khẩu này chỉ gồm chữ số." in refusal.value.messages
    assert any(message.startswith("Mật khẩu này quá ngắn.") for message in refusal.value.messages)


@pytest.mark.django_db
@pytest.mark.usefixtures("compiled")
def test_scripts_of_the_admin_speak_vietnamese(admin_client: Client) -> None:
    """The calendar beside a date field: names of days, Monday first, day before month."""
    script = admin_client.get(reverse("admin:jsi18n")).content.decode()
    words, formats = (
        json.JSONDecoder().raw_decode(script.partition(name)[2])[0]
        for name in ("const newcatalog = ", "django.formats = ")
    )
    assert (words["Monday"], words["abbrev. day Sunday\u0004Sun"]) == ("Thứ Hai", "CN")
    assert (formats["FIRST_DAY_OF_WEEK"], formats["DATE_INPUT_FORMATS"][0]) == (1, "%d/%m/%Y")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_day_comes_before_the_month_in_what_people_type(language: str) -> None:
    """Django alone would read 10/09/2025 as October 9; Unfold's filters parse by the settings, forms by the language."""
    with translation.override(language):
        assert forms.DateField().clean("10/09/2025") == date(2025, 9, 10)
        assert parse_date_str("10/09/2025") == date(2025, 9, 10)
        assert get_format("DATE_INPUT_FORMATS") == settings.DATE_INPUT_FORMATS
        assert forms.DateTimeField().clean("10/09/2025 08:30").day == 10
        assert get_format("DATETIME_INPUT_FORMATS")[: len(settings.DATETIME_INPUT_FORMATS)] == (
            settings.DATETIME_INPUT_FORMATS
        )  # Django itself adds a plain date to a language's list
