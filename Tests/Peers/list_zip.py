"""Prints what is in a zip archive as Python reads it: the SHA-256 of each member and its name, in order.

    python3 list_zip.py ARCHIVE

Ends with an error where a checksum is wrong, a member is not stored as it is, or one of them would not
be a file that its owner can read and write. Needs nothing but Python.
"""

import hashlib
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as archive:
    wrong = archive.testzip()
    if wrong is not None:
        sys.exit(f"{wrong}: wrong checksum")
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED:
            sys.exit(f"{member.filename}: compressed by method {member.compress_type}")
        if member.external_attr >> 16 != 0o100644:
            sys.exit(f"{member.filename}: mode {member.external_attr >> 16:o}")
        print(f"{hashlib.sha256(archive.read(member)).hexdigest()}  {member.filename}")
