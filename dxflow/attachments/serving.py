"""How a file goes out: headers under which nothing of it runs, whatever is in it."""

from dxflow.attachments.names import content_disposition

PDF = "application/pdf"
#: Nothing of a file may run, load or belong to this origin.
_KEPT = "default-src 'none'; frame-ancestors 'none'; sandbox"
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
#: The reader for PDF that browsers have does not start in a sandbox; it is one itself.
_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def headers(name: str, size: int, media: str, *, inline: bool = False) -> dict[str, str]:
    """Return the headers of a file that is to be kept, or (`inline`) looked at in the browser.

    `inline` is for kinds only that a browser shows without running anything of them.
    """
    return {
        "Content-Type": media,
        "Content-Length": str(size),
        "Content-Disposition": content_disposition(name, inline=inline),
        "Content-Security-Policy": _KEPT if not inline else _PDF if media == PDF else _PICTURE,
        "X-Content-Type-Options": "nosniff",
    }
