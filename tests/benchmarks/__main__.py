"""``python -m tests.benchmarks [module …]``: runs the benches named (all by default), one ``name value unit`` a line.

A bench is a module of this package with ``run() -> Iterable[tuple[str, float, str]]``. All run in one process after
another, on a var folder of their own and on the servers that the environment names (``python -m tests.servers``).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile

from tests import benchmarks


def main(chosen: list[str]) -> int:
    """Run and print; 1 when a bench does not exist."""
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if not module.ispkg and module.name != "__main__"
    )
    if unknown := set(chosen) - set(names):
        print(f"no such bench: {', '.join(sorted(unknown))}; there are: {', '.join(names)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="kolportal-bench-") as folder:
        os.environ.setdefault("KOLPORTAL_VAR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
        import django

        django.setup()
        for name in chosen or names:
            for figure, value, unit in importlib.import_module(f"tests.benchmarks.{name}").run():
                print(f"{figure} {value:.4g} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
