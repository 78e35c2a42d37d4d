"""What only POSIX has may be missing: the program is imported, set up and served without it."""

import json
import os
import subprocess
import sys
import urllib.request

PROGRAM = """
import os, sys
for name in ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
for name in ("fork", "forkpty", "fchmod", "fchown", "chown", "getuid", "geteuid", "getgid",
             "killpg", "setsid", "nice", "pread", "pwrite"):
    if hasattr(os, name):
        delattr(os, name)
import signal
for name in ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGQUIT", "alarm"):
    if hasattr(signal, name):
        delattr(signal, name)
from dxflow.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_setup_backup_and_serving_need_nothing_of_posix(tmp_path):
    environment = {"DXFLOW_HOME": str(tmp_path / "var"), "PATH": os.environ["PATH"]}

    def command(*words: str) -> list[str]:
        return [sys.executable, "-c", PROGRAM, *words]

    def run(*words: str) -> None:
        done = subprocess.run(
            command(*words),
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    run("init", "--admin", "root", "--generate", "--pack", "standard")
    with subprocess.Popen(
        command("serve", "--port", "0", "--json"), env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as serving:  # fmt: skip
        try:
            url = json.loads(serving.stdout.readline())["url"]
            with urllib.request.urlopen(f"{url}/login", timeout=20) as page:
                assert b"_csrf" in page.read()
            run("backup", str(tmp_path / "a.dxbackup"))
        finally:
            serving.terminate()
            _out, err = serving.communicate(timeout=30)
    assert (serving.returncode, "Traceback" in err) == (0, False)
    run("restore", "--replace", str(tmp_path / "a.dxbackup"))
    run("upgrade")
    run("audit", "verify")
