"""Looks for what is left of a secret: in files, in memory, in a core."""

import base64
import os
import pathlib
import re
import resource
import secrets as dice
import shutil
import signal
import subprocess
import urllib.parse

HOLE = re.compile(r"\[(vvar|vsyscall|vvar_vclock)\]")


def random_secret(words=""):
    """A password that is nowhere by chance; words may hold what quoting,
    URLs and shells trip over."""
    return dice.token_hex(10) + words + dice.token_hex(12)


def shapes(secret):
    """What a secret may look like, by name.  Its halves stand for what was
    overwritten only in part."""
    octets = secret.encode()
    found = {"clear": octets, "hex": octets.hex().encode(),
             "HEX": octets.hex().upper().encode(),
             "first half": octets[:len(octets) // 2],
             "second half": octets[len(octets) // 2:]}
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + octets + bytes(2))
        found[f"base64+{shift}"] = coded[
            (shift * 8 + 5) // 6:(shift + len(octets)) * 8 // 6]
    quoted = urllib.parse.quote(secret, safe="").encode()
    if quoted != octets:
        found["URL"] = quoted
    return found


def search(octets, secret, where):
    """A line for each place where the octets hold the secret."""
    lines = []
    for shape, needle in shapes(secret).items():
        at = octets.find(needle)
        while at >= 0 and len(lines) < 40:
            context = octets[max(at - 48, 0):at + len(needle) + 32]
            lines.append(f"{where}+{at:#x}: {shape}: {context!r}")
            at = octets.find(needle, at + 1)
    return lines


class Mapping:
    def __init__(self, head, flags):
        span, self.mode, _, _, _, *path = head.split(maxsplit=5)
        self.begin, self.end = (int(n, 16) for n in span.split("-"))
        self.path = path[0] if path else "anonymous"
        self.kept_out = "dd" in flags  # of a core dump

    def __str__(self):
        return f"{self.begin:x} {self.mode} {self.path}"


def mappings(pid):
    found, head = [], None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            head = line
        elif line.startswith("VmFlags:"):
            found.append(Mapping(head, line.split()[1:]))
    return [m for m in found if m.mode[0] == "r" and not HOLE.match(m.path)]


def in_memory(pid, secret, own=False):
    """Every readable mapping; own: but those that no core dump holds."""
    lines = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for m in mappings(pid):
            if own and m.kept_out:
                continue
            memory.seek(m.begin)
            try:
                octets = memory.read(m.end - m.begin)
            except OSError:  # behind the end of its file
                continue
            lines += search(octets, secret, m)
    return lines


def in_proc(pid, secret):
    """What everybody, or the same user, reads there; and what it has in files
    without a name."""
    proc, lines = pathlib.Path(f"/proc/{pid}"), []
    for name in ("cmdline", "environ", "comm", "status"):
        lines += search((proc / name).read_bytes(), secret, proc / name)
    for fd in (proc / "fd").iterdir():
        if fd.is_file() and os.readlink(fd).endswith("(deleted)"):
            lines += search(fd.read_bytes(), secret, f"{fd}={os.readlink(fd)}")
    return lines


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def in_files(folder, secret):
    return [line for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink()
            for line in search(path.read_bytes(), secret, path)]


def in_core(pid, secret, folder):
    """What a core dump holds, and whether the process is still there: the
    kernel's own, if it writes one where the process is and we may lift the
    limit, else that of gdb's gcore; without both, what they would copy."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if os.geteuid() == 0 and not pattern.startswith(("|", "/")):
        found = dump_by_kernel(pid, secret)
        if found is not None:
            return found, False
    if shutil.which("gcore"):
        return dump_by_gdb(pid, secret, folder), True
    return in_memory(pid, secret, own=True), True


def examine(core, secret):
    octets = core.read_bytes()
    core.unlink()
    assert octets.startswith(b"\x7fELF")
    return search(octets, secret, "core")


def dump_by_kernel(pid, secret):
    """Ends the process; None if we may not have a core (in a container)."""
    folder = pathlib.Path(os.readlink(f"/proc/{pid}/cwd"))
    try:
        resource.prlimit(pid, resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    except PermissionError:
        return None
    os.kill(pid, signal.SIGABRT)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    cores = list(folder.glob("core*"))
    assert cores, "the kernel wrote no core"
    return [line for core in cores for line in examine(core, secret)]


def dump_by_gdb(pid, secret, folder):
    """The process goes on."""
    told = subprocess.run(["gcore", "-o", folder / "core", str(pid)],
                          text=True, capture_output=True, timeout=60,
                          check=False)
    path = folder / f"core.{pid}"
    if not path.exists():
        raise AssertionError(f"gcore wrote nothing: {told}")
    return examine(path, secret)
