"""What an error's body says, however it says it."""

from __future__ import annotations

import pytest

from florey.llm.chat_completions import unsupported


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ('{"error": {"message": "Unsupported parameter: \'top_p\' is not supported", "param": null}}', "top_p"),
        ('{"error": {"message": "no", "param": "seed", "code": "unsupported_parameter"}}', "seed"),
        ('{"detail": "Unsupported value: temperature"}', "temperature"),
        ('{"error": {"message": "no", "param": "tools", "code": "unsupported_parameter"}}', None),
        ('{"error": {"message": "temperature must be at most 2", "param": "temperature", "code": "invalid"}}', None),
        ("[]", None),
        ("<html>", None),
    ],
)
def test_which_errors_name_a_parameter(body: str, parameter: str | None) -> None:
    assert unsupported(body) == parameter
