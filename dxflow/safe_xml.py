"""Read XML from outside without trusting it.

No document type, no entities, no network, no huge trees; bounded size and element count.
"""

from lxml import etree

from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

MAX_BYTES = 1 << 20
MAX_ELEMENTS = 5000


def parse(data: bytes, file: str) -> etree._Element:
    """Return the root element; every element knows its `sourceline`.

    Raises Refused with file and line when the text is no XML, carries a document type, or is
    larger than any process drawn by people (1 MiB, 5,000 elements).
    """
    if len(data) > MAX_BYTES:
        raise _refused("xml-too-large", file, 0, _("ファイルが大きすぎます（上限 1 MiB）。"))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        line = exc.lineno or 0
        raise _refused(
            "xml-broken", file, line, _("XML として読めません: {why}", why=exc.msg or "")
        ) from exc
    except ValueError as exc:
        raise _refused("xml-broken", file, 0, _("XML として読めません: {why}", why=exc)) from exc
    if root.getroottree().docinfo.doctype:
        raise _refused(
            "xml-doctype", file, 1, _("DOCTYPE（文書型宣言）は使えません。"),
            _("ファイルの先頭の <!DOCTYPE …> を取り除いてください。"),
        )  # fmt: skip
    if sum(1 for _e in root.iter()) > MAX_ELEMENTS:
        raise _refused(
            "xml-too-large", file, 0, _("要素が多すぎます（上限 {n}）。", n=MAX_ELEMENTS)
        )
    return root


def _refused(code: str, file: str, line: int, message: str, hint: str = "") -> Refused:
    return Refused([Problem(code, message, file=file, line=line, hint=hint)])
