"""How gunicorn serves the site, for the supervisor and the container image alike: ``gunicorn --config python:kolportal.gunicorn``.

``PORT`` and ``WEB_CONCURRENCY`` (processes) are gunicorn's own variables.
"""

from __future__ import annotations

from typing import Final

from kolportal.env import env_int

BEHIND_PROXY: Final = env_int("TRUSTED_PROXY_COUNT", default=0) > 0

worker_class: Final = "gthread"
threads: Final = 3 if BEHIND_PROXY else 8
loglevel: Final = "warning"
# No access log: addresses are personal data. The site's own log has a line for each request.
accesslog: Final = None
control_socket_disable: Final = True

if BEHIND_PROXY:
    # A process takes no more requests than it has threads; the others wait in the kernel's queue, where the next free process
    # finds them. By default each process takes whatever it can get and lets it wait in its own queue, beside one that has
    # nothing to do: with 50 people signing at once the slowest took three times as long as most. And more threads than a
    # processor can serve only take turns with each other: more processes help, not more threads.
    worker_connections: Final = threads
    # The proxy opens a connection when a whole request is there (request_buffers in docs/deploy/Caddyfile); an idle one would
    # hold one of the few places.
    keepalive: Final = 0
