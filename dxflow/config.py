"""Settings, read once from the environment.

Everything has a default good for one machine; `DXFLOW_HOME` is the folder that holds the
database, the secret key, the key that signs checkpoints of the audit log, perhaps these checkpoints
and the password for the mail server, and nothing else.
"""

import os
import re
import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path

from dxflow.errors import DxflowError
from dxflow.texts import JAPANESE, LANGUAGES
from dxflow.texts import gettext as _

KEY_BYTES = 32
#: How many processes one command starts at most, and how long, in minutes, a login may last.
MOST_PROCESSES = 64
MOST_MINUTES = 366 * 24 * 60
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,63}")


class ConfigRefused(DxflowError):
    """The settings are not safe to start with."""


@dataclass(frozen=True)
class Settings:
    """What an installation may set. Times are in minutes."""

    home: Path
    database: str
    demo: bool = False
    language: str = "ja"
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    processes: int = 1
    https: bool = False
    proxies: int = 0
    session_idle: int = 30
    session_absolute: int = 600
    token_lifetime: int = 480
    #: How many failed logins one network address has free within an hour; 0: no end of them.
    login_failures: int = 100
    #: Roles whose holders do nothing before they have set up a second factor.
    second_factor_roles: tuple[str, ...] = ()
    metrics_token: str = ""
    #: Megabytes of one attached file and of all files of a case; endings allowed, () for the usual.
    attachment_mb: int = 25
    attachment_case_mb: int = 250
    attachment_kinds: tuple[str, ...] = ()
    #: The program that looks for viruses with its arguments, () for none; how long it may take;
    #: whether a file is refused when it gives no answer.
    scan_command: tuple[str, ...] = ()
    scan_seconds: int = 60
    scan_required: bool = True
    #: Where the password for the mail server lies; `mail_password` in `home` unless said.
    mail_password_file: Path | None = None
    #: Checkpoints of the audit log: where they are written and where the key that signs them lies
    #: (in `home` unless said), every how many hours (0: never), after how many days without one it
    #: is wrong, and the addresses that each is mailed to.
    checkpoint_dir: Path | None = None
    checkpoint_key_file: Path | None = None
    checkpoint_hours: int = 24
    checkpoint_days: int = 3
    checkpoint_mail: tuple[str, ...] = ()

    @property
    def checkpoint_place(self) -> Path:
        """Return the folder that checkpoints of the audit log are written to."""
        return self.checkpoint_dir or self.home / "checkpoints"

    @property
    def checkpoint_key_place(self) -> Path:
        """Return where the key that signs checkpoints lies, or would lie."""
        return self.checkpoint_key_file or self.home / "checkpoint_key"

    @property
    def key_file(self) -> Path:
        """Return where the secret key lies."""
        return self.home / "secret_key"

    def secret_key(self) -> bytes:
        """Return the secret key. Raises ConfigRefused when it is missing, short or readable."""
        if not self.key_file.is_file():
            raise ConfigRefused(
                _(
                    "秘密鍵 {file} がありません。先に dxflow init を実行してください。",
                    file=self.key_file,
                )
            )
        key = self.key_file.read_bytes()
        if len(key) < KEY_BYTES or len(set(key)) < 8:
            raise ConfigRefused(
                _(
                    "秘密鍵 {file} が短すぎるか既定値のままです。作り直してください。",
                    file=self.key_file,
                )
            )
        if os.name == "posix" and self.key_file.stat().st_mode & 0o077:
            raise ConfigRefused(
                _(
                    "秘密鍵 {file} を他の利用者が読めます。chmod 600 を実行してください。",
                    file=self.key_file,
                )
            )
        return key

    def mail_password(self) -> str:
        """Return the password for the mail server, "" without one. Raises ConfigRefused."""
        file = self.mail_password_place
        try:
            word = file.read_text(encoding="utf-8").strip("\r\n")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError):
            raise ConfigRefused(
                _("メールのパスワードのファイル {file} を読めません。", file=file)
            ) from None
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise ConfigRefused(
                _(
                    "メールのパスワードのファイル {file} を他の利用者が読めます。"
                    "chmod 600 を実行してください。",
                    file=file,
                )
            )
        return word

    def write_mail_password(self, word: str) -> None:
        """Put the password for the mail server in its place, readable by this user only."""
        place = self.mail_password_place
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        growing = place.with_name(place.name + ".new")
        growing.unlink(missing_ok=True)
        with os.fdopen(os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(word + "\n")
        growing.replace(place)

    @property
    def mail_password_place(self) -> Path:
        """Return where the password for the mail server lies, or would lie."""
        return self.mail_password_file or self.home / "mail_password"

    def make_secret_key(self, key: bytes | None = None) -> None:
        """Write a fresh secret key, or a given one, unless there is one."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.key_file.exists():
            return
        with os.fdopen(
            os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as f:
            f.write(key or secrets.token_bytes(KEY_BYTES))


def load(environ: dict[str, str] | None = None) -> Settings:
    """Return the settings of the environment. Raises ConfigRefused for values that make no sense."""
    env = dict(os.environ) if environ is None else environ
    home = Path(env.get("DXFLOW_HOME", "var")).absolute()
    return Settings(
        home=home,
        database=env.get("DXFLOW_DATABASE") or f"sqlite:///{home / 'dxflow.db'}",
        demo=_flag(env, "DXFLOW_DEMO"),
        language=_language(env),
        host=env.get("DXFLOW_HOST", "127.0.0.1"),
        port=_number(env, "DXFLOW_PORT", 8000, least=0, most=65_535),
        threads=_number(env, "DXFLOW_THREADS", 8, most=256),
        processes=_number(env, "DXFLOW_PROCESSES", 1, most=MOST_PROCESSES),
        https=_flag(env, "DXFLOW_HTTPS"),
        proxies=_number(env, "DXFLOW_PROXIES", 0, least=0, most=16),
        session_idle=_number(env, "DXFLOW_SESSION_IDLE_MINUTES", 30, most=MOST_MINUTES),
        session_absolute=_number(env, "DXFLOW_SESSION_MINUTES", 600, most=MOST_MINUTES),
        token_lifetime=_number(env, "DXFLOW_TOKEN_MINUTES", 480, most=MOST_MINUTES),
        login_failures=_number(env, "DXFLOW_LOGIN_FAILURES", 100, least=0, most=100_000),
        second_factor_roles=_roles(env, "DXFLOW_SECOND_FACTOR_ROLES"),
        metrics_token=env.get("DXFLOW_METRICS_TOKEN", ""),
        attachment_mb=_number(env, "DXFLOW_ATTACHMENT_MB", 25, most=2_048),
        attachment_case_mb=_number(env, "DXFLOW_ATTACHMENT_CASE_MB", 250, most=1_048_576),
        attachment_kinds=tuple(
            env.get("DXFLOW_ATTACHMENT_KINDS", "").lower().replace(",", " ").split()
        ),
        scan_command=_command(env, "DXFLOW_SCAN_COMMAND"),
        scan_seconds=_number(env, "DXFLOW_SCAN_SECONDS", 60, most=3_600),
        scan_required=_flag(env, "DXFLOW_SCAN_REQUIRED", default=True),
        mail_password_file=_path(env, "DXFLOW_MAIL_PASSWORD_FILE"),
        checkpoint_dir=_path(env, "DXFLOW_CHECKPOINT_DIR"),
        checkpoint_key_file=_path(env, "DXFLOW_CHECKPOINT_KEY_FILE"),
        checkpoint_hours=_number(env, "DXFLOW_CHECKPOINT_HOURS", 24, least=0, most=8_760),
        checkpoint_days=_number(env, "DXFLOW_CHECKPOINT_DAYS", 3, most=3_650),
        checkpoint_mail=tuple(env.get("DXFLOW_CHECKPOINT_MAIL", "").replace(",", " ").split()),
    )


def root() -> Path:
    """Return the folder that holds `processes`, `forms` and `migrations`."""
    bundled = Path(__file__).parent / "_bundled"
    return bundled if bundled.is_dir() else Path(__file__).parent.parent


def _path(env: dict[str, str], name: str) -> Path | None:
    given = env.get(name)
    return Path(given).absolute() if given else None


def _roles(env: dict[str, str], name: str) -> tuple[str, ...]:
    """Return keys of roles; a slip in one would leave without protection whom it is meant for."""
    keys = tuple(env.get(name, "").replace(",", " ").split())
    wrong = [key for key in keys if not _ROLE.fullmatch(key)]
    if wrong:
        raise ConfigRefused(
            _("{name} の「{key}」は役割の名前ではありません。", name=name, key=wrong[0])
        )
    return keys


def _command(env: dict[str, str], name: str) -> tuple[str, ...]:
    """Return a program with its arguments; no shell ever reads it."""
    try:
        return tuple(shlex.split(env.get(name, "")))
    except ValueError:
        raise ConfigRefused(_("{name} の引用符が閉じていません。", name=name)) from None


def _flag(env: dict[str, str], name: str, *, default: bool = False) -> bool:
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value in ("0", "no", "false"):
        return False
    if value in ("1", "yes", "true"):
        return True
    raise ConfigRefused(_("{name} は 1 か 0 にしてください。", name=name))


def _number(env: dict[str, str], name: str, default: int, *, least: int = 1, most: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    whole = value.isascii() and value.isdigit() and len(value) < 20
    if not whole or not least <= int(value) <= most:
        raise ConfigRefused(
            _(
                "{name} は {least} から {most} までの整数にしてください。",
                name=name, least=least, most=most,
            )
        )  # fmt: skip
    return int(value)


def _language(env: dict[str, str]) -> str:
    chosen = env.get("DXFLOW_LANG") or JAPANESE
    if chosen not in LANGUAGES:
        known = _(" か ").join(LANGUAGES)
        raise ConfigRefused(_("DXFLOW_LANG は {known} にしてください。", known=known))
    return chosen
