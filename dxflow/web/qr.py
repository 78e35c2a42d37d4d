"""A QR code as an SVG picture, in the page itself."""

import segno
from markupsafe import escape

_QUIET = 4


def svg(text: str, title: str) -> str:
    """Return the picture of a text, named `title`, with its margin; correction level M."""
    rows = list(segno.make_qr(text, error="m").matrix_iter(border=_QUIET))
    side = len(rows)
    dark = "".join(
        f"M{x},{y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg class="qr" role="img" aria-label="{escape(title)}" viewBox="0 0 {side} {side}"'
        ' shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg">'
        f'<path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/><path fill="#000" d="{dark}"/></svg>'
    )
