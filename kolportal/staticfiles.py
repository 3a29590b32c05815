"""Which browser files are collected: of third-party packages only what a page uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.finders import FileSystemFinder

if TYPE_CHECKING:
    from collections.abc import Iterable

UNUSED = (
    "css/bootstrap-*",
    "css/bootstrap.css*",
    "css/bootstrap.rtl*",
    "js/bootstrap*",
    "signature_pad.umd*",
    "types",
    "be-vietnam-pro-*-[1235789]00-*",
    "be-vietnam-pro-*-italic.*",
    "be-vietnam-pro-*.woff",
)


class UsedFilesFinder(FileSystemFinder):
    """Passes over ``UNUSED`` when files are collected: compressing all of the packages took most of a minute."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Pairs of path and storage, as Django's own finder lists them."""
        return super().list([*(ignore_patterns or ()), *UNUSED])
