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
        line, column = exc.position
        message = _(
            "XML として読めません（{line}行目の{column}文字目）: {what}",
            line=line, column=column, what=_words(exc.msg or ""),
        )  # fmt: skip
        # of an empty file there is no line
        raise _refused("xml-broken", file, exc.lineno or 0, message, _hint()) from exc
    except ValueError as exc:
        message = _("XML として読めません: {what}", what=_words(str(exc)))
        raise _refused("xml-broken", file, 0, message, _hint()) from exc
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


def _words(said: str) -> str:
    """Return what the parser says, in the reader's language; it knows many more sentences."""
    known = (
        ("is empty", _("何も書かれていません。")),
        ("tag mismatch", _("始まりのタグと終わりのタグが合っていません。")),
        ("Premature end", _("途中で終わっています。終わりのタグがありません。")),
        ("end of Start Tag", _("タグが「>」で閉じていません。")),
        ("Start tag expected", _("XML ではありません。「<」で始まっていません。")),
        ("Extra content", _("終わりのあとに余分な文字があります。")),
        ("AttValue", _("属性の値が引用符で囲まれていません。")),
        ("Unescaped '<'", _("属性の値に「<」は使えません。「&lt;」と書きます。")),
        ("redefined", _("同じ属性が二つあります。")),
        ("Namespace prefix", _("接頭辞が xmlns で宣言されていません。")),
        ("Entity", _("「&」の使い方が正しくありません。「&」そのものは「&amp;」と書きます。")),
        ("invalid element name", _("タグの名前が読めません。")),
        ("invalid Char", _("使えない文字（制御文字）があります。")),
        ("Invalid bytes", _("UTF-8 ではない文字があります。UTF-8 で保存し直してください。")),
    )
    return next(
        (words for part, words in known if part in said), _("XML の書き方になっていません。")
    )


def _hint() -> str:
    return _("図や表を作った道具（Camunda Modeler など）で開き、保存し直してください。")


def _refused(code: str, file: str, line: int, message: str, hint: str = "") -> Refused:
    return Refused([Problem(code, message, file=file, line=line, hint=hint)])
