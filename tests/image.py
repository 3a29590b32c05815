"""Tries a built image: migrates, starts its web process, asks its health pages, all on throw-away servers.

``python -m tests.image ENGINE IMAGE`` (called by ``.ci/image``); ENGINE is ``docker`` or a buildah command line. Exit code 0
when ``/health/live`` and ``/health/ready`` answer 200.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests import production
from tests.servers import PATIENCE, free_port, postgres, redis, wait_until

HOST = "kolportal.example.com"


class Docker:
    """Each command is a container of its own; ``/data`` is shared by a named volume."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._volume = f"kolportal-try-{os.getpid()}"

    def command(self, arguments: list[str], *, environment: dict[str, str], socket_folder: str) -> list[str]:
        """The command line that runs ``arguments`` in the image, or its own command where they are empty."""
        variables = [part for name in environment for part in ("--env", name)]
        mounts = ["--volume", f"{socket_folder}:{socket_folder}", "--volume", f"{self._volume}:/data"]
        return [
            "docker", "run", "--rm", "--init", "--network", "host", *variables, *mounts, self._image, *arguments,
        ]  # fmt: skip

    def close(self) -> None:
        """Remove what was made."""
        subprocess.run(["docker", "volume", "rm", "--force", self._volume], check=False)


class Buildah:
    """One working container; buildah runs commands in it as the image's user."""

    def __init__(self, engine: list[str], image: str) -> None:
        self._engine = engine
        self._container = self._output("from", image)
        described = json.loads(self._output("inspect", self._container))
        self._image_command: list[str] = described["OCIv1"]["config"]["Cmd"]

    def _output(self, *arguments: str) -> str:
        done = subprocess.run([*self._engine, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def command(self, arguments: list[str], *, environment: dict[str, str], socket_folder: str) -> list[str]:
        """As ``Docker.command``."""
        # Unlike Docker, buildah 1.28 does not take a variable's value from its own environment.
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        return [
            *self._engine, "run", *variables, "--volume", f"{socket_folder}:{socket_folder}", self._container, "--",
            *(arguments or self._image_command),
        ]  # fmt: skip

    def close(self) -> None:
        """Remove what was made."""
        self._output("rm", self._container)


def ask(path: str, *, port: int) -> tuple[int, str]:
    """Status and body; status 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": HOST})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except OSError:
        return 0, ""
    finally:
        connection.close()


def try_image(container: Docker | Buildah) -> bool:
    """Whether the image's web process is live and ready; prints what it sees."""
    with postgres() as database_url, redis() as redis_url:
        folder = unquote(urlsplit(database_url).netloc.partition("@")[2])
        # The image's user is not the one who made the folder; it may pass through to the socket, no more.
        Path(folder).chmod(0o711)
        port = free_port()
        variables = {
            **production.environment(host=HOST),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PORT": str(port),
        }
        shell = {**os.environ, **variables}
        migrate = container.command(
            ["python", "manage.py", "migrate", "--noinput", "--verbosity", "0"],
            environment=variables,
            socket_folder=folder,
        )
        subprocess.run(migrate, env=shell, check=True)
        web = subprocess.Popen(
            container.command([], environment=variables, socket_folder=folder),
            env=shell,
            start_new_session=True,
        )
        try:
            with contextlib.suppress(RuntimeError):  # the answers, or their absence, are printed below
                wait_until(lambda: ask("/health/live", port=port)[0], what="The image answers", process=web)
            answers = {path: ask(path, port=port) for path in ("/health/live", "/health/ready")}
        finally:
            web.terminate()
            try:
                web.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(web.pid, signal.SIGKILL)
                web.wait()
    for path, (status, body) in answers.items():
        print(f"{path}: {status} {body.strip()[:300]}")
    return all(status == 200 for status, _ in answers.values())


def main(engine: str, image: str) -> int:
    """The exit code."""
    container = Docker(image) if engine == "docker" else Buildah(shlex.split(engine), image)
    try:
        return 0 if try_image(container) else 1
    finally:
        container.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
