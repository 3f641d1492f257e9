"""How far apart two colours look, also to colour-blind eyes."""

from __future__ import annotations

Rgb = tuple[float, float, float]
Matrix = tuple[Rgb, Rgb, Rgb]

# Machado, Oliveira and Fernandes (2009), full deficiency, on linear RGB.
EYES: dict[str, Matrix] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def distance(a: str, b: str, eyes: Matrix) -> float:
    """Distance in CIELAB (delta E 1976) as those eyes see; 2 is just noticeable."""
    pairs = zip(_lab(_seen(a, eyes)), _lab(_seen(b, eyes)), strict=True)
    return float(sum((x - y) ** 2 for x, y in pairs) ** 0.5)


def contrast(a: str, b: str) -> float:
    """Contrast ratio by WCAG, 1 to 21."""
    dark, light = sorted(_luminance(_linear(one)) for one in (a, b))
    return (light + 0.05) / (dark + 0.05)


def chroma(colour: str) -> float:
    """How vivid a colour is: its distance from grey in CIELAB."""
    _, a, b = _lab(_linear(colour))
    return float((a**2 + b**2) ** 0.5)


def _linear(colour: str) -> Rgb:
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values
    )
    return r, g, b


def _seen(colour: str, eyes: Matrix) -> Rgb:
    linear = _linear(colour)
    r, g, b = (
        min(1.0, max(0.0, sum(x * y for x, y in zip(row, linear, strict=True))))
        for row in eyes
    )
    return r, g, b


def _luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def _lab(rgb: Rgb) -> Rgb:
    r, g, b = rgb
    x = _cube_root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
    y = _cube_root(_luminance(rgb))
    z = _cube_root((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube_root(t: float) -> float:
    return float(t ** (1 / 3)) if t > 0.008856 else 7.787 * t + 16 / 116
