"""Calls that happen in the same instant, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import DatabaseError, connection

from events.answers import RegistrationRefused
from events.lists import ListRefused
from tests.servers import PATIENCE


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """What each call returned, or the refusal or database error that it raised."""
    gate = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(index: int, call: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            outcomes[index] = call()
        except (RegistrationRefused, ListRefused, DatabaseError) as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return outcomes
