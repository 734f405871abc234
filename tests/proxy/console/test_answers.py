"""What the API answers."""

import inspect

import msgspec

from proxy.console import answers


def test_every_answer_says_what_it_is_and_can_be_described() -> None:
    shapes = [
        kind
        for _, kind in inspect.getmembers(answers, inspect.isclass)
        if kind.__module__ == answers.__name__
    ]

    _, components = msgspec.json.schema_components(shapes)

    assert set(components) == {kind.__name__ for kind in shapes}
    assert all(component["description"] for component in components.values())
    assert all(
        set(one["required"]) >= {"code", "message"} for name, one in components.items() if name == "Error"
    )
