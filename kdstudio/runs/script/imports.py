"""Import statements, in the usual order."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from kdstudio.runs.script.source import Import


def import_statements(imports: Mapping[str, Import]) -> str:
    """Write what imports each origin under its name: the standard library first, then the others."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for bound, origin in sorted(imports.items()):
        if not origin.name:
            groups[_is_standard(origin.module)].append(_plain(origin, bound))
    for module in sorted({origin.module for origin in imports.values() if origin.name}):
        names = sorted(_renamed(o.name, b) for b, o in imports.items() if o.name and o.module == module)
        groups[_is_standard(module)].append(f"from {module} import {', '.join(names)}")
    return "\n\n".join("\n".join(group) for group in groups.values() if group)


def _plain(origin: Import, bound: str) -> str:
    renamed = f" as {bound}" if bound != origin.module.partition(".")[0] else ""
    return f"import {origin.module}{renamed}"


def _renamed(name: str, bound: str) -> str:
    return name if name == bound else f"{name} as {bound}"


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
