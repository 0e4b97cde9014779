"""Prints the folder of Python packages below the prefix that is given, without the prefix.

Debian's own Python has one for /usr, of dpkg's packages, and another for /usr/local.
"""

import sys
import sysconfig

SCHEMES = {"/usr": "deb_system", "/usr/local": "posix_local"}

scheme = SCHEMES.get(sys.argv[1].rstrip("/"), "posix_prefix")
if scheme not in sysconfig.get_scheme_names():
    scheme = "posix_prefix"
nowhere = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), "")
# posix_local has the "/local" of the prefix in it.
print(end=sysconfig.get_path("platlib", scheme, nowhere).replace("/local/", "/", 1).lstrip("/"))
