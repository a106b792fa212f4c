"""Settings: who may say what, whose word counts, and what is said of a value that is none."""

import re
from pathlib import Path

import pytest

from patchwire.errors import SettingsError
from patchwire.lsp.settings import _KINDS, _OPTIONS_ONLY, Wishes
from patchwire.task import Budget

KEY = {"OPENAI_API_KEY": "sk-test"}
PAGE = (Path(__file__).parents[2] / "docs" / "lsp.md").read_text("utf-8")


def wishes(options: dict | None = None, configuration: object = None, environment: dict | None = None) -> Wishes:
    made = Wishes(KEY if environment is None else environment, options or {})
    made.configure(configuration)
    return made


def test_every_setting_is_documented_and_every_documented_one_is_there() -> None:
    everywhere, options = PAGE.partition("## Commands")[0].split("Only in `initializationOptions`")
    rows = [
        {name for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
        for part in (everywhere, options)
    ]
    assert rows == [_KINDS.keys() - _OPTIONS_ONLY, set(_OPTIONS_ONLY)]


def test_the_configuration_goes_before_the_options_and_these_before_the_environment() -> None:
    environment = KEY | {"PATCHWIRE_MODEL": "from-environment"}
    assert wishes(environment=environment).settings().model.name == "from-environment"
    assert wishes({"model": "from-options"}, environment=environment).settings().model.name == "from-options"
    both = wishes({"model": "from-options"}, {"model": "from-configuration"}, environment)
    assert both.settings().model.name == "from-configuration"
    both.choose("chosen", None)
    assert both.settings().model.name == "chosen"


def test_a_repository_names_no_service_and_no_program() -> None:
    sly = dict.fromkeys(_OPTIONS_ONLY, True) | {"baseUrl": "http://evil.test/v1", "keyCommand": "rm -rf /"}
    made = wishes(configuration=sly)
    assert made.settings().base_url == "https://api.openai.com/v1"
    assert made.settings().key_command == ()
    assert not any(made.flag(name) for name in ("events", "canAsk", "canSave"))


def test_in_a_workspace_that_is_not_trusted_the_configuration_says_nothing() -> None:
    made = wishes({"trusted": False}, {"testCommand": "make evil", "model": "evil"})
    assert made.test_command is None
    assert made.settings().model.name != "evil"
    made.trusted = True
    assert made.test_command == "make evil"


def test_options_reach_what_they_name() -> None:
    made = wishes(
        {
            "baseUrl": "http://127.0.0.1:1/v1",
            "keyCommand": "print-key --now",
            "transport": "http",
            "journal": False,
            "canAsk": True,
        },
        {
            "afterApply": "leave",
            "testCommand": " make test ",
            "maxSteps": 3,
            "maxSeconds": 1.5,
            "maxCost": 2,
            "maxTokens": 9,
        },
    )
    settings = made.settings()
    assert (settings.base_url, settings.key_command) == ("http://127.0.0.1:1/v1", ("print-key", "--now"))
    assert (settings.transport, settings.journal) == ("http", False)
    assert made.flag("canAsk")
    assert (made.saves, made.test_command) == (False, "make test")
    assert made.budget() == Budget(steps=3, seconds=1.5, tokens=9, cost=2.0)
    assert wishes().budget() == Budget()
    assert wishes().saves


def test_offline_can_be_said_by_everyone() -> None:
    assert wishes({"offline": True}, environment={}).settings().offline
    assert wishes(configuration={"offline": True}, environment={}).settings().offline
    assert wishes(environment={"PATCHWIRE_OFFLINE": "1"}).settings().offline
    assert not wishes({"offline": False}, environment=KEY | {"PATCHWIRE_OFFLINE": "1"}).settings().offline


@pytest.mark.parametrize(
    ("configuration", "what"),
    [
        ({"maxSteps": "many"}, "maxSteps is 'many': write a whole number"),
        ({"maxSteps": True}, "maxSteps is True: write a whole number"),
        ({"maxSeconds": -1}, "maxSeconds is -1: write a number above zero"),
        ({"maxCost": "x"}, "maxCost is 'x': write a number"),
    ],
)
def test_a_limit_that_is_none_is_told_by_its_name(configuration: dict, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        wishes(configuration=configuration).budget()


def test_other_values_that_are_none() -> None:
    with pytest.raises(SettingsError, match="offline is 'yes': write true or false"):
        wishes({"offline": "yes"}).settings()
    with pytest.raises(SettingsError, match="afterApply is 'never': write save or leave"):
        _ = wishes({"afterApply": "never"}).saves
    assert wishes(configuration=["no object"]).budget() == Budget()


def test_without_a_key_the_user_is_told_both_ways_out() -> None:
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY where the editor is started.*patchwire\.offline"):
        wishes(environment={}).settings()


def test_a_key_is_kept_here_and_goes_before_all_others() -> None:
    made = wishes({"keyCommand": "print-key"}, environment={})
    made.set_key("sk-mine")
    settings = made.settings()
    assert (settings.api_key, settings.key_command) == ("sk-mine", ())
    assert "sk-mine" not in repr(made)
    made.set_key(None)
    assert made.settings().key_command == ("print-key",)
    with pytest.raises(SettingsError) as refused:
        made.set_key("sk mine")
    assert "sk mine" not in str(refused.value)


def test_a_model_that_refuses_an_effort_is_not_chosen() -> None:
    made = wishes()
    made.choose("gpt-6.2-sol", "low")
    with pytest.raises(SettingsError, match="takes no effort"):
        made.choose("gpt-6.2-sol", "enormous")
    assert made.settings().effort == "low"
    without_a_key = wishes(environment={})
    without_a_key.choose("gpt-6.2-sol", "high")
    without_a_key.set_key("sk-mine")
    assert without_a_key.settings().effort == "high"
