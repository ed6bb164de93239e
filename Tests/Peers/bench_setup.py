"""The interpreters of the peers, and the word for what is not there."""

import functools
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Missing(Exception):
    """Something that a row needs is not there; says what and where it was looked for."""


@functools.cache
def python(environment):
    """The interpreter of an environment of `setup`, which is made if it is missing."""
    result = subprocess.run(
        [os.path.join(HERE, "setup"), environment], stdout=subprocess.PIPE, text=True
    )
    if result.returncode != 0:
        raise Missing(f"Tests/Peers/setup {environment} failed; it says why above")
    return result.stdout.strip()
