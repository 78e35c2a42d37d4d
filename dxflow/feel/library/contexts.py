"""Context functions (DMN 1.3 table 78) and functions about null."""

from typing import Any

from dxflow.feel.library.registry import builtin


@builtin("get value", "m:context", "key:string")
def _get_value(context: dict[str, Any], key: str) -> Any:
    return context.get(key)


@builtin("get value", "m:context", "keys:list")
def _get_path(context: dict[str, Any], keys: list[Any]) -> Any:
    value: Any = context
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if keys else None


@builtin("get entries", "m:context")
def _get_entries(context: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context", "entries:list")
def _context(entries: list[Any]) -> dict[str, Any] | None:
    """Build a context from entries `{key, value}`; null for a wrong or repeated key."""
    built: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not {"key", "value"} <= entry.keys():
            return None
        if not isinstance(entry["key"], str) or entry["key"] in built:
            return None
        built[entry["key"]] = entry["value"]
    return built


@builtin("context put", "context:context", "key:string", "value:any")
def _put(context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**context, key: value}


@builtin("context put", "context:context", "keys:list", "value:any")
def _put_path(context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    if not keys or not all(isinstance(key, str) for key in keys):
        return None
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = context.get(keys[0])
    if not isinstance(inner, dict):
        return None
    return {**context, keys[0]: _put_path(inner, keys[1:], value)}


@builtin("context merge", "contexts:list")
def _merge(contexts: list[Any]) -> dict[str, Any] | None:
    if not all(isinstance(one, dict) for one in contexts):
        return None
    return {key: value for one in contexts for key, value in one.items()}


@builtin("get or else", "value:any", "default:any")
def _get_or_else(value: Any, default: Any) -> Any:
    return default if value is None else value


@builtin("is defined", "value:any")
def _is_defined(value: Any) -> bool:
    return value is not None
