"""nginx and wrk: as installed, else unpacked from Debian's packages without installing anything."""

import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.harness import Program, free_port, start
from benchmarks.peers import CACHE, Lacking

PACKAGES = {"nginx": ("nginx",), "wrk": ("wrk", "libluajit-5.1-2")}
_NGINX = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_requests 100000000;
  upstream callee {{ server 127.0.0.1:{callee}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://callee; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


@cache
def command(name: str) -> list[str]:
    """How the program is called; Lacking when it cannot be had."""
    found = shutil.which(name)
    if found:
        return [found]
    root = CACHE / "debian"
    for place in ("usr/bin", "usr/sbin"):
        if (root / place / name).exists():
            return [str(root / place / name)]
    _unpack(name, root)
    return command.__wrapped__(name)  # the same, now that it is there


def environment() -> dict[str, str]:
    """The environment in which unpacked programs find their libraries."""
    libraries = CACHE / "debian/usr/lib" / f"{platform.machine()}-linux-gnu"
    known = os.environ.get("LD_LIBRARY_PATH", "")
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(part for part in (str(libraries), known) if part)}


def _unpack(name: str, root: Path) -> None:
    if shutil.which("apt-get") is None:
        raise Lacking(f"{name}: there is no apt-get here; install it, and it is taken")
    folder = CACHE / "debs"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        words = ["apt-get", "download", "-qq", *PACKAGES[name]]
        subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=120)
        for package in PACKAGES[name]:
            for file in folder.glob(f"{package}_*.deb"):
                subprocess.run(["dpkg-deb", "-x", str(file), str(root)], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Lacking(f"{name}: Debian's package could not be fetched ({error})") from None


def nginx(callee: int, folder: Path) -> Program:
    """A reverse proxy with one worker."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, callee=callee), encoding="utf-8")
    return start("nginx", [*command("nginx"), "-p", str(folder), "-c", str(config)], port, env=environment())
