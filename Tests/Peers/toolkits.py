"""Toolkits whose losses Retort's are compared with: modules that need nothing but torch."""

import importlib
import importlib.util
import sys
import types


def alone(package, *modules):
    """Modules of a package without the package's own __init__, which wants more than torch."""
    if package not in sys.modules:
        stub = types.ModuleType(package)
        found = importlib.util.find_spec(package)
        stub.__path__ = list(found.submodule_search_locations)
        sys.modules[package] = stub
    return [importlib.import_module(f"{package}.{module}") for module in modules]
