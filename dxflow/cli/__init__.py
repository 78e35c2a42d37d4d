"""The command line: `dxflow`. Exit status 0 done, 1 refused or a problem found, 2 wrong usage."""

import os
import sys
from collections.abc import Sequence

from dxflow import config, texts
from dxflow.cli.arguments import Parser, language_of, parse
from dxflow.cli.file_trouble import disk_is_full, trouble
from dxflow.cli.output import Output
from dxflow.errors import DxflowError, Unavailable
from dxflow.texts import gettext as _

__all__ = ["Parser", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; whatever goes wrong is one sentence."""
    given = list(sys.argv[1:] if argv is None else argv)
    before = texts.language.set(language_of(given, dict(os.environ)))
    try:
        return _run(given)
    finally:
        texts.language.reset(before)


def _run(given: list[str]) -> int:
    try:
        arguments = parse(given)
    except SystemExit as exc:  # argparse ends this way after --help (0) and wrong usage (2)
        return exc.code if isinstance(exc.code, int) else 2
    output = Output(json=arguments.json)
    try:
        status: int = arguments.run(arguments, config.load(), output)
        output.flush()
    except DxflowError as exc:
        refused = output.refused(exc)
        if isinstance(exc, Unavailable) and disk_is_full(config.load().home):
            output.note(
                _("ディスクに空きがありません。空きを増やしてから、もう一度実行してください。")
            )
        return refused
    except BrokenPipeError:  # whoever was reading has stopped, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as exc:
        return output.failed(trouble(exc))
    except KeyboardInterrupt:
        return output.failed(_("中断しました。"))
    except Exception as exc:
        if os.environ.get("DXFLOW_TRACEBACK"):
            raise
        return output.failed(_("思わぬことが起きました: {why}", why=f"{type(exc).__name__}: {exc}"))
    return status
