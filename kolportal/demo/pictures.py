"""Pictures that the demo draws itself: a cover of hills, and signatures as strokes."""

from __future__ import annotations

import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter

_SKY = ((226, 241, 231), (250, 246, 226))
_HILLS = ((168, 209, 184), (116, 178, 143), (62, 140, 98), (24, 108, 66), (9, 78, 42))


def cover(*, seed: int, size: tuple[int, int] = (1280, 560)) -> bytes:
    """A JPEG of layered green hills under a pale sky."""
    draw_number = random.Random(seed)  # noqa: S311  (a picture)
    scale = 2
    width, height = size[0] * scale, size[1] * scale
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        pen.line(
            [(0, y), (width, y)], fill=tuple(round(a + (b - a) * share) for a, b in zip(*_SKY, strict=True))
        )
    sun = (width * 0.74, height * 0.34, height * 0.13)
    pen.ellipse((sun[0] - sun[2], sun[1] - sun[2], sun[0] + sun[2], sun[1] + sun[2]), fill=(252, 222, 150))
    for layer, colour in enumerate(_HILLS):
        base = height * (0.48 + layer * 0.115)
        waves = [
            (draw_number.uniform(0.6, 2.6), draw_number.uniform(0, 6.3), draw_number.uniform(0.3, 1))
            for _ in range(3)
        ]
        ridge = [
            (
                x,
                base
                - height * 0.055 * sum(w * math.sin(f * 2 * math.pi * x / width + p) for f, p, w in waves),
            )
            for x in range(0, width + 8, 8)
        ]
        pen.polygon([*ridge, (width, height), (0, height)], fill=colour)
    picture = picture.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.SMOOTH)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def scribble(*, seed: int) -> list[dict[str, list[dict[str, float]]]]:
    """Strokes of an invented signature in the shape that the browser's pad sends (``toData()``)."""
    draw = random.Random(seed)  # noqa: S311  (a picture)
    strokes = []
    x = 20.0
    for _ in range(draw.randint(2, 3)):
        length = draw.randint(14, 26)
        speed, height, phase = draw.uniform(5, 8), draw.uniform(14, 30), draw.uniform(0, 3)
        points = [
            {
                "x": round(x + speed * i + 6 * math.sin(i * 1.3 + phase), 1),
                "y": round(60 + height * math.sin(i * 0.9 + phase) * (1 - 0.4 * i / length), 1),
            }
            for i in range(length)
        ]
        x = points[-1]["x"] - draw.uniform(10, 40)
        strokes.append({"points": points})
    tail = [
        {"x": round(16 + 9 * i, 1), "y": round(96 - 5 * math.sin(i / 3), 1)}
        for i in range(draw.randint(16, 24))
    ]
    return [*strokes, {"points": tail}]
