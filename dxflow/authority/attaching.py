"""Who may attach files to a case, replace and withdraw them, and until when.

While the case runs: its applicant, whoever drafted it, and whoever has an open task in it. With
the decision what belonged to the document is locked for good; from then on files stand beside it,
put there by the same people and by those who had a part in the document, after the case's end too.
"""

from dataclasses import dataclass

from dxflow.authority.verdicts import Verdict
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Standing:
    """What a person is to a case: its drafter (or applicant), at work in it, of its document.

    `decided`: a document of the case is decided; `of_document`: the person had a part in it.
    """

    running: bool
    drafted: bool
    at_work: bool
    decided: bool = False
    of_document: bool = False


@dataclass(frozen=True)
class Attached:
    """An attachment as it lies there. `locked`: a decided document lists it."""

    locked: bool
    withdrawn: bool
    own: bool = False


def may_attach(standing: Standing) -> Verdict:
    """Return whether a person may attach a file to a case."""
    if standing.running and (standing.drafted or standing.at_work):
        return Verdict(True, "")
    if standing.decided and standing.of_document:
        return Verdict(True, "")
    if not standing.running and not standing.decided:
        return Verdict(False, _("終わった案件には、ファイルを添付できません。"))
    return Verdict(
        False,
        _(
            "添付できるのは、提案者・起案した人・いま作業を持っている人と、"
            "決裁のあとはその決裁に関わった人です。"
        ),
    )


def may_replace(standing: Standing, attached: Attached) -> Verdict:
    """Return whether a person may set a new version over an attachment."""
    if attached.locked:
        return Verdict(
            False,
            _(
                "このファイルは決裁された文書に入っているため、変えられません。"
                "新しいファイルとして添付すると、「決裁後に添付」として横に並びます。"
            ),
        )
    if attached.withdrawn:
        return Verdict(
            False, _("取り下げたファイルには、新しい版を重ねられません。新しく添付してください。")
        )
    return may_attach(standing)


def may_withdraw(standing: Standing, attached: Attached) -> Verdict:
    """Return whether a person may withdraw an attachment; it stays in the record, marked."""
    if attached.locked:
        return Verdict(
            False, _("このファイルは決裁された文書に入っているため、取り下げられません。")
        )
    if attached.withdrawn:
        return Verdict(False, _("このファイルは、もう取り下げられています。"))
    if not standing.running and not standing.decided:
        return may_attach(standing)
    if attached.own or standing.drafted:
        return Verdict(True, "")
    return Verdict(False, _("取り下げられるのは、添付した人・提案者・起案した人です。"))
