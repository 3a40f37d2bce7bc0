"""The API's documentation as one page, made from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import msgspec

from kontorhaus.platform.http.pages.layout import line, page, prose

Data = dict[str, Any]


def documentation(document: Data) -> str:
    """Every operation with its parameters, fields, examples and errors, by tag."""
    operations = list(_operations(document))
    tags = list(dict.fromkeys(operation["tags"][0] for _, _, operation in operations))
    menu, sections = [], []
    for tag in tags:
        those = [one for one in operations if one[2]["tags"][0] == tag]
        links = "".join(
            f'<li><a href="#{escape(operation["operationId"])}">{escape(operation["summary"])}</a></li>'
            for _, _, operation in those
        )
        menu.append(f"<h2>{escape(tag)}</h2><ul>{links}</ul>")
        sections += [_operation(document, *one) for one in those]
    info = document["info"]
    return page(
        info["title"],
        f'<div class="beside"><nav>{"".join(menu)}</nav><main><h1>{escape(info["title"])}</h1>'
        f"<p>Version <code>{escape(info['version'])}</code> · "
        f'<a href="/openapi.json">OpenAPI document</a></p>{prose(info["description"])}{"".join(sections)}</main></div>',
    )


def _operations(document: Data) -> Iterator[tuple[str, str, Data]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(document: Data, method: str, path: str, operation: Data) -> str:
    parts = [
        f'<section id="{escape(operation["operationId"])}"><h2>{escape(operation["summary"])}</h2>',
        f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>',
        prose(operation.get("description", "")),
        _parameters(document, operation),
    ]
    if body := operation.get("requestBody"):
        parts.append("<h3>Request</h3>" + _content(document, body))
    for status, response in operation["responses"].items():
        if status < "300":
            parts.append(f"<h3>Answer {escape(status)}</h3>" + _content(document, response))
    parts.append(_errors(operation) + "</section>")
    return "".join(parts)


def _parameters(document: Data, operation: Data) -> str:
    rows = []
    for reference in operation.get("parameters", []):
        parameter = _resolved(document, reference)
        needed = "" if parameter.get("required") else ", optional"
        rows.append(
            f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{parameter['in']}{needed}</td>"
            f"<td>{line(parameter.get('description', ''))}</td></tr>"
        )
    return f"<h3>Parameters</h3><table>{''.join(rows)}</table>" if rows else ""


def _content(document: Data, holder: Data) -> str:
    found = []
    for media in holder.get("content", {}).values():
        found.append(_fields(document, media.get("schema", {})))
        for example in media.get("examples", {}).values():
            text = msgspec.json.format(msgspec.json.encode(example["value"]), indent=2).decode()
            found.append(f"<pre><code>{escape(text, quote=False)}</code></pre>")
    return "".join(found)


def _fields(document: Data, schema: Data) -> str:
    """A table of an object's fields, of each alternative of a union; nested objects are unfolded on demand."""
    schema = _resolved(document, schema)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return "".join(_fields(document, one) for one in alternatives)
    required, rows = schema.get("required", []), []
    for name, field in schema.get("properties", {}).items():
        needed = "" if name in required else ", optional"
        text = line(_resolved(document, field).get("description", field.get("description", "")))
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(document, field))}{needed}</td>"
            f"<td>{text}{_unfolded(document, field)}</td></tr>"
        )
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _unfolded(document: Data, field: Data) -> str:
    items = field.get("items", {})
    if "$ref" not in field and "$ref" not in items:
        return ""
    # One level: what lies deeper would make the page longer than anyone reads, and may contain itself.
    inner = _resolved(document, items if "$ref" in items else field)
    names = ", ".join(f"<code>{escape(name)}</code>" for name in inner.get("properties", {}))
    return f"<details><summary>its fields</summary>{names}</details>" if names else ""


def _kind(document: Data, field: Data) -> str:
    if alternatives := field.get("anyOf"):
        return " or ".join(dict.fromkeys(_kind(document, one) for one in alternatives))
    resolved = _resolved(document, field)
    if "enum" in resolved:
        return " | ".join(str(value) for value in resolved["enum"])
    if resolved.get("type") == "array":
        return f"list of {_kind(document, resolved.get('items', {}))}"
    return str(resolved.get("format") or resolved.get("title") or resolved.get("type") or "any")


def _errors(operation: Data) -> str:
    rows = []
    for status, response in operation["responses"].items():
        for media in response.get("content", {}).values():
            if status >= "400":
                codes = " ".join(
                    f'<a href="/problems/{escape(code)}"><code>{escape(code)}</code></a>'
                    for code in media["examples"]
                )
                rows.append(f"<tr><td>{escape(status)}</td><td>{codes}</td></tr>")
    return f"<details><summary>Errors</summary><table>{''.join(rows)}</table></details>" if rows else ""


def _resolved(document: Data, node: Data) -> Data:
    """The node that a reference within the document stands for."""
    found: Any = node
    while "$ref" in found:
        path = found["$ref"].removeprefix("#/").split("/")
        found = document
        for step in path:
            found = found[step]
    return dict(found)
