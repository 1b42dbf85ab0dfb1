"""What a case asks of the machine beyond a folder, and whether it is there."""
import os
import shutil
from pathlib import Path

SECOND = "/dev/shm"


def lacking(case):
    """Why a case cannot run here, or None."""
    if "shm" in case.needs and not os.path.ismount(SECOND):
        return f"{SECOND} is no file system of its own here"
    if "user" in case.needs and os.geteuid() == 0:
        return "the superuser may do what the case shows to be forbidden"
    return None


def second_folder(name, side):
    """A fresh folder on the second file system, for the grant `@second`. What is in it afterwards is not compared."""
    folder = Path(SECOND) / f"wasi-cases-{os.getpid()}" / name / side
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def clean():
    """Removes what `second_folder` made."""
    shutil.rmtree(Path(SECOND) / f"wasi-cases-{os.getpid()}", ignore_errors=True)
