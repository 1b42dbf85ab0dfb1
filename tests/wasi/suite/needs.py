"""What a case asks of the machine beyond a folder, and whether it is there."""
import os

SECOND = "/dev/shm"


def lacking(case):
    """Why a case cannot run here, or None."""
    if "shm" in case.needs and not os.path.ismount(SECOND):
        return f"{SECOND} is no file system of its own here"
    if "user" in case.needs and os.geteuid() == 0:
        return "the superuser may do what the case shows to be forbidden"
    return None
