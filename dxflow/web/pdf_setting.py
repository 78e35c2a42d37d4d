"""The program that sets a page as PDF: HTML comes in, the file goes out, nothing is fetched.

Run as `python -m dxflow.web.pdf_setting`. The exit status says why there is no PDF. WeasyPrint and
the system's Pango are loaded here and nowhere else, so that no start and no server pays for them.
"""

import ctypes
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

EXIT_NO_LIBRARY, EXIT_NO_FONT, EXIT_TOO_LARGE = 3, 4, 5
#: What the program may hold in memory, in bytes.
LARGEST = 768 * 1024 * 1024

STATIC = Path(__file__).parent / "static"
#: Where the page is said to lie. No such host is ever asked: only files of the package are read.
PAGE = "http://page.invalid/"


def main() -> int:
    """Set the page that comes in; return the exit status."""
    threading.Thread(target=_watch, daemon=True).start()
    html = sys.stdin.buffer.read().decode()
    try:
        import weasyprint
    except (OSError, ImportError) as missing:
        sys.stderr.write(str(missing))
        return EXIT_NO_LIBRARY
    if not _knows_japanese():
        return EXIT_NO_FONT
    page = weasyprint.HTML(string=html, base_url=PAGE, url_fetcher=_fetcher())
    sys.stdout.buffer.write(page.write_pdf())
    return 0


def own_file(url: str) -> Path:
    """Return the file of the package that an address means. Raises ValueError for any other."""
    parts = urlsplit(url)
    _before, static, name = unquote(parts.path).partition("/static/")
    path = (STATIC / name).resolve()
    if f"{parts.scheme}://{parts.netloc}/" != PAGE or not static:
        raise ValueError(url)
    if not path.is_relative_to(STATIC.resolve()) or not path.is_file():
        raise ValueError(url)
    return path


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    types = {".css": "text/css", ".svg": "image/svg+xml"}

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            path = own_file(url)
            kind = types.get(path.suffix, "application/octet-stream")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return OwnFiles()


def _knows_japanese() -> bool:
    """Return whether the system has a font with Japanese letters."""
    library = _fontconfig()
    if library is None:
        return True
    for name in ("FcNameParse", "FcObjectSetBuild", "FcFontList"):
        getattr(library, name).restype = ctypes.c_void_p
    wanted = ctypes.c_void_p(library.FcNameParse(b":lang=ja"))
    named = ctypes.c_void_p(library.FcObjectSetBuild(b"family", None))
    found = library.FcFontList(None, wanted, named)
    return bool(found) and ctypes.cast(found, ctypes.POINTER(ctypes.c_int)).contents.value > 0


def _fontconfig() -> ctypes.CDLL | None:
    for name in ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _watch() -> None:
    """End the program when it holds too much; only the system's own figures are asked."""
    figures = Path("/proc/self/statm")
    if not figures.exists():
        return
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        if int(figures.read_text().split()[1]) * page > LARGEST:
            os._exit(EXIT_TOO_LARGE)
        time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
