"""The limits for attached files: those of the installation, narrowed by a case's pack."""

from dxflow.attachments.kinds import DEFAULT, KINDS
from dxflow.attachments.limits import MEGABYTE, Limits
from dxflow.config import ConfigRefused, Settings
from dxflow.services.packs.settings import PackSettings
from dxflow.texts import gettext as _

#: The form around an uploaded file.
AROUND = 512 * 1024


def of_site(settings: Settings) -> Limits:
    """Return the limits of the installation. Raises ConfigRefused for a kind nobody may send."""
    unknown = [one for one in settings.attachment_kinds if one not in KINDS]
    if unknown:
        raise ConfigRefused(
            _(
                "DXFLOW_ATTACHMENT_KINDS の {unknown} は添付できる種類にできません。"
                "使えるのは {kinds} です。",
                unknown=_("、").join(unknown),
                kinds=_("、").join(KINDS),
            )
        )
    return Limits(
        settings.attachment_mb * MEGABYTE,
        settings.attachment_case_mb * MEGABYTE,
        settings.attachment_kinds or DEFAULT,
    )


def of_pack(settings: Settings, pack: PackSettings) -> Limits:
    """Return the limits for a case that runs on a pack."""
    own = pack.attachments
    return of_site(settings).narrowed(
        own.file_mb and own.file_mb * MEGABYTE, own.case_mb and own.case_mb * MEGABYTE, own.kinds
    )


def largest_request(settings: Settings) -> int:
    """Return how many bytes a request that brings a file may have."""
    return settings.attachment_mb * MEGABYTE + AROUND
