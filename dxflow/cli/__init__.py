"""The command line: `dxflow`. Exit status 0 done, 1 refused or a problem found, 2 wrong usage."""

import os
import sys
from collections.abc import Sequence

from dxflow import config, texts
from dxflow.cli.arguments import Parser, language_of, parse
from dxflow.cli.output import Output
from dxflow.errors import DxflowError
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
        return output.refused(exc)
    except BrokenPipeError:  # whoever was reading has stopped, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as exc:
        why = f"{exc.strerror or type(exc).__name__} {exc.filename or ''}".strip()
        return output.failed(_("ファイルか通信を扱えません: {why}", why=why))
    except KeyboardInterrupt:
        return output.failed(_("中断しました。"))
    except Exception as exc:
        if os.environ.get("DXFLOW_TRACEBACK"):
            raise
        return output.failed(_("思わぬことが起きました: {why}", why=f"{type(exc).__name__}: {exc}"))
    return status
