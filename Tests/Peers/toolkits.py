"""Toolkits whose losses Retort's are compared with: modules that need nothing but torch."""

import importlib
import importlib.util
import os
import sys
import types


def alone(package, *modules):
    """Modules of a package without the package's own __init__, which wants more than torch."""
    folders(package)
    return [importlib.import_module(f"{package}.{module}") for module in modules]


def deep(package, module):
    """A module of a package below it, without any __init__ on the way: a.b.c as a.c."""
    path = os.path.join(folders(package)[0], *module.split(".")) + ".py"
    return file(path, f"{package}.{module.split('.')[-1]}")


def folders(package):
    """Where a package lies; what stands for it from now on has no __init__."""
    if package not in sys.modules:
        stub = types.ModuleType(package)
        stub.__path__ = list(importlib.util.find_spec(package).submodule_search_locations)
        sys.modules[package] = stub
    return sys.modules[package].__path__


def file(path, name):
    """A module of a file by its path."""
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
