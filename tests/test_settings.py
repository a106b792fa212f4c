"""Settings from mappings: what wins, what is refused, and what the refusal names."""

import re
from pathlib import Path

import pytest

from patchwire.errors import SettingsError
from patchwire.models import DEFAULT_MODEL, OFFLINE_MODEL
from patchwire.settings import DEFAULT_BASE_URL, Grants, read

KEY = {"OPENAI_API_KEY": "sk-test"}


def test_a_key_is_enough() -> None:
    settings = read({}, KEY)
    assert settings.model.name == DEFAULT_MODEL
    assert settings.effort == "medium"
    assert settings.base_url == DEFAULT_BASE_URL
    assert settings.api_key == "sk-test"
    assert not settings.offline


def test_the_key_is_in_no_representation() -> None:
    assert "sk-test" not in repr(read({}, KEY))


def test_without_a_key_both_ways_out_are_named() -> None:
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY.*--offline") as caught:
        read({}, {})
    assert caught.value.key == "OPENAI_API_KEY"


@pytest.mark.parametrize("key", ["sk a", "sk-ü", "a\tb"])
def test_a_key_that_cannot_be_one_is_refused_unprinted(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({}, {"OPENAI_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "environment"), [({"offline": "1"}, {}), ({}, {"PATCHWIRE_OFFLINE": "1"}), ({"offline": "yes"}, KEY)]
)
def test_offline_needs_no_key_and_sends_none(options: dict, environment: dict) -> None:
    settings = read(options, environment)
    assert settings.offline
    assert settings.model is OFFLINE_MODEL
    assert settings.api_key == ""


@pytest.mark.parametrize("text", ["0", "", "no", "false"])
def test_offline_can_be_said_no_to(text: str) -> None:
    assert not read({}, KEY | {"PATCHWIRE_OFFLINE": text}).offline


def test_a_flag_that_is_neither_is_named() -> None:
    with pytest.raises(SettingsError, match="PATCHWIRE_OFFLINE is 'maybe'"):
        read({}, KEY | {"PATCHWIRE_OFFLINE": "maybe"})


def test_options_win_over_the_environment() -> None:
    environment = KEY | {
        "PATCHWIRE_MODEL": "gpt-6-luna",
        "PATCHWIRE_EFFORT": "low",
        "OPENAI_BASE_URL": "https://env.example/v1",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "proj",
    }
    settings = read({}, environment)
    assert (settings.model.name, settings.effort) == ("gpt-6-luna", "low")
    assert settings.base_url == "https://env.example/v1"
    assert (settings.organization, settings.project) == ("org", "proj")
    settings = read({"model": "gpt-6-sol", "effort": "none", "base_url": "ws://127.0.0.1:9/v1/"}, environment)
    assert (settings.model.name, settings.effort) == ("gpt-6-sol", "none")
    assert settings.base_url == "ws://127.0.0.1:9/v1"


def test_an_effort_that_the_model_refuses_names_those_it_takes() -> None:
    with pytest.raises(SettingsError, match="takes no effort 'none': choose low"):
        read({"effort": "none"}, KEY)


def test_an_unknown_model_is_asked_for_no_effort_unless_the_user_says_so() -> None:
    assert read({"model": "local"}, KEY).effort is None
    assert read({"model": "local", "effort": "high"}, KEY).effort == "high"


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/v1", "http://", "http://[", "http://x:0/", "http://x:99999/"])
def test_a_base_url_that_is_none(url: str) -> None:
    with pytest.raises(SettingsError, match="base URL"):
        read({"base_url": url}, KEY)


def test_a_price_of_the_user_s_own() -> None:
    price = read({}, KEY | {"PATCHWIRE_PRICE": "4/0.5/20"}).model.price
    assert price is not None
    assert price.cost(1_000_000, 0, 0) == pytest.approx(4.0)
    assert price.cost(1_000_000, 1_000_000, 0) == pytest.approx(0.5)


@pytest.mark.parametrize("text", ["4", "4/5", "a/b/c", "1/2/3/4", "1/nan/2", "1/2/inf", "-1/0/1"])
def test_a_price_that_is_none(text: str) -> None:
    with pytest.raises(SettingsError, match="PATCHWIRE_PRICE"):
        read({}, KEY | {"PATCHWIRE_PRICE": text})


def test_a_key_command_goes_before_the_key_and_is_split_without_a_shell() -> None:
    settings = read({}, KEY | {"PATCHWIRE_KEY_COMMAND": "pass show 'my key' $HOME"})
    assert settings.key_command == ("pass", "show", "my key", "$HOME")
    assert settings.api_key == ""
    assert "my key" not in repr(settings)
    assert read({}, {"PATCHWIRE_KEY_COMMAND": "pass"}).key_command == ("pass",)


def test_a_key_command_that_cannot_be_read_is_named() -> None:
    with pytest.raises(SettingsError, match="PATCHWIRE_KEY_COMMAND") as caught:
        read({}, {"PATCHWIRE_KEY_COMMAND": "pass 'secret"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "environment", "transport"),
    [
        ({}, {}, "auto"),
        ({}, {"PATCHWIRE_TRANSPORT": "http"}, "http"),
        ({"transport": "websocket"}, {"PATCHWIRE_TRANSPORT": "http"}, "websocket"),
    ],
)
def test_the_transport_is_a_choice(options: dict, environment: dict, transport: str) -> None:
    assert read(options, KEY | environment).transport == transport
    assert read({**options, "offline": "1"}, environment).transport == transport


def test_a_transport_that_there_is_not_is_named() -> None:
    with pytest.raises(SettingsError, match="choose auto, websocket, http"):
        read({}, KEY | {"PATCHWIRE_TRANSPORT": "pigeon"})


def test_the_warm_up_can_be_said_no_to() -> None:
    assert read({}, KEY).warm_up
    assert not read({}, KEY | {"PATCHWIRE_WARM_UP": "0"}).warm_up
    assert not read({"offline": "1"}, {}).warm_up


@pytest.mark.parametrize(
    ("journal", "environment", "kept"),
    [
        (None, {}, False),
        ("1", {}, True),
        ("1", {"PATCHWIRE_JOURNAL": "0"}, False),
        ("1", {"PATCHWIRE_ZERO_RETENTION": "1"}, False),
        ("0", {"PATCHWIRE_JOURNAL": "1"}, False),
    ],
)
def test_a_journal_is_kept_where_all_agree(journal: str | None, environment: dict, kept: bool) -> None:
    assert read({"journal": journal}, KEY | environment).journal is kept
    assert read({"journal": journal, "offline": "1"}, environment).journal is kept


def test_nothing_is_stored_unless_the_user_says_so() -> None:
    assert not read({}, KEY).store
    assert read({}, KEY | {"PATCHWIRE_STORE": "1"}).store


def test_the_best_isolation_is_taken_and_nothing_is_granted_unless_said() -> None:
    settings = read({"offline": "1"}, {})
    assert (settings.isolation, settings.least_isolation, settings.grants) == ("auto", None, Grants())


def test_isolation_and_grants_come_from_options_and_environment() -> None:
    environment = {
        "PATCHWIRE_OFFLINE": "1",
        "PATCHWIRE_ISOLATION": "copy",
        "PATCHWIRE_REQUIRE_ISOLATION": "copy",
        "PATCHWIRE_PASS_ENV": "A, B,",
        "PATCHWIRE_ALLOW_NETWORK": "yes",
        "PATCHWIRE_READABLE": "/a:/b",
        "PATCHWIRE_WRITABLE": "/c",
    }
    settings = read({"isolation": "overlay", "pass_env": ""}, environment)
    assert (settings.isolation, settings.least_isolation) == ("overlay", "copy")
    assert settings.grants == Grants(
        ("A", "B"), network=True, readable=(Path("/a"), Path("/b")), writable=(Path("/c"),)
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"isolation": "none"}, "there is no isolation 'none': choose auto, overlay, bind"),
        ({"require_isolation": "auto"}, "there is no isolation 'auto': choose overlay, bind"),
        ({"readable": "relative"}, "relative is not an absolute path"),
        ({"writable": "/a/../b"}, "/a/../b is not an absolute path"),
        ({"allow_network": "maybe"}, "allow_network is 'maybe'"),
    ],
)
def test_isolation_and_grants_that_make_no_sense(options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        read({"offline": "1", **options}, {})
