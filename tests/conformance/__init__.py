"""The field's own judges on what kolportal makes: veraPDF on the pledge's PDF, EU DSS on its seals (``make conformance``).

Apart from ``make test``, because it needs Java and Maven Central. ``documents`` makes the files through the real
rendering and sealing, ``judges`` lets ``java/`` judge them, ``expected`` says what must come out, ``table`` writes
``docs/conformance.md``.
"""
