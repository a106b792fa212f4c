"""The tree of errors."""

import inspect

from patchwire import errors


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {line.partition("── ")[2].split()[0] for line in errors.__doc__.splitlines() if "── " in line}
    real = {name for name, value in vars(errors).items() if inspect.isclass(value)} - {"PatchwireError"}
    assert drawn == real


def test_every_error_is_one_of_ours() -> None:
    for value in vars(errors).values():
        if inspect.isclass(value):
            assert issubclass(value, errors.PatchwireError)


def test_what_errors_carry() -> None:
    assert errors.PatchRefused("a", "b").reasons == ("a", "b")
    assert str(errors.PatchRefused("a", "b")) == "a\n\nb"
    assert errors.ProviderError("no", code="c").code == "c"
    assert errors.SettingsError("key", "text").key == "key"
    lost = errors.ConnectionLost("gone", started=True, retry_after=2.0, permanent=True)
    assert (lost.started, lost.retry_after, lost.permanent) == (True, 2.0, True)
