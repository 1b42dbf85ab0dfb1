"""What a case asks of the machine beyond a folder, and whether it is there."""
import ctypes
import os
import resource
import shutil
from pathlib import Path

SECOND = "/dev/shm"
# Of <linux/prctl.h> and <linux/capability.h>: the superuser's right to pass over permissions.
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
PASSING_OVER = (1, 2)
LIBC = ctypes.CDLL(None) if os.name == "posix" else None


def obey_permissions():
    """Makes permissions hold for programs that this process executes, the superuser's too, where that is possible."""
    if os.geteuid() == 0 and hasattr(LIBC, "prctl"):
        for capability in PASSING_OVER:
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def obey(files):
    """What a process does before it executes a side: permissions hold, and `files` is the limit of descriptors."""
    obey_permissions()
    if files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def is_obeying():
    """Whether `obey_permissions` has an effect: one that is not the superuser, or one that may put rights away."""
    return os.geteuid() != 0 or hasattr(LIBC, "prctl") and may_drop()


def may_drop():
    """Whether this process has the capability to put capabilities away (CAP_SETPCAP, 8)."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) & (1 << 8))


def lacking(case):
    """Why a case cannot run here, or None."""
    if "shm" in case.needs and not os.path.ismount(SECOND):
        return f"{SECOND} is no file system of its own here"
    if "user" in case.needs and not is_obeying():
        return "the superuser may do what the case shows to be forbidden"
    missing = [path for path in case.needs if path.startswith("/") and not os.path.exists(path)]
    return f"{missing[0]} is not here" if missing else None


def second_folder(name, side):
    """A fresh folder on the second file system, for the grant `@second`. What is in it afterwards is not compared."""
    folder = Path(SECOND) / f"wasi-cases-{os.getpid()}" / name / side
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def clean():
    """Removes what `second_folder` made."""
    shutil.rmtree(Path(SECOND) / f"wasi-cases-{os.getpid()}", ignore_errors=True)
