# The image of web, worker and beat (compose.yaml). `make image` builds and tries it.

FROM debian:trixie-slim AS build
WORKDIR /app
COPY .ci/ .ci/
COPY requirements.txt package.json package-lock.json ./
# Behind a TLS-inspecting proxy: docker build --secret id=ca-bundle,src=/etc/ssl/certs/ca-certificates.crt …
RUN --mount=type=secret,id=ca-bundle,target=/run/ca-bundle.pem \
    if [ -s /run/ca-bundle.pem ]; then export PIP_CERT=/run/ca-bundle.pem NODE_EXTRA_CA_CERTS=/run/ca-bundle.pem; fi; \
    .ci/setup run
COPY . .
# Collecting the static files needs the settings of production, not its secrets. What was collected is not needed twice, but
# its folders are: Django warns of each that is named in STATICFILES_DIRS and absent.
RUN .venv/bin/python .ci/messages.py --compile \
    && DEBUG=off SECRET_KEY=collectstatic STATIC_ROOT=/app/staticfiles .venv/bin/python manage.py collectstatic --noinput \
    && find node_modules ! -type d -delete \
    && rm -rf var

FROM debian:trixie-slim
COPY .ci/packages.txt /tmp/packages.txt
RUN apt-get update \
    && sed -n '/^\[runtime\]/,/^\[build\]/{s/#.*//;/^\[/d;p}' /tmp/packages.txt \
        | DEBIAN_FRONTEND=noninteractive xargs apt-get install --yes --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt \
    && useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin kolportal \
    && install -d -o kolportal -g kolportal -m 750 /data
COPY --from=build /app /app
WORKDIR /app
USER kolportal
ENV DEBUG=off \
    PORT=8000 \
    KOLPORTAL_VAR=/data \
    STATIC_ROOT=/app/staticfiles \
    PATH=/app/.venv/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# Documents, uploaded pictures, beat's schedule.
VOLUME /data
EXPOSE 8000
# Asks under a name that ALLOWED_HOSTS knows; another is refused.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].strip()}), timeout=4)"]
CMD ["gunicorn", "kolportal.wsgi", "--config", "python:kolportal.gunicorn"]
