"""What may hold secrets is known by name or by content; templates, public halves and code are not."""

import pytest

from patchwire.patch.secret import may_hold_secret, secret_values, why_secret, why_secret_text


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".env", "settings like these hold passwords"),
        ("deploy/.env.production", "settings like these hold passwords"),
        ("PROD.ENV", "settings like these hold passwords"),
        ("infra/x.tfstate", "settings like these hold passwords"),
        ("tls/server.pem", "it may be a private key"),
        ("tls/server.key", "it may be a private key"),
        ("id_rsa", "it may be a private key"),
        ("id_ed25519.bak", "it may be a private key"),
        ("passwords.kdbx", "it may be a private key"),
        ("credentials.json", "credentials are kept there"),
        ("google-credentials.json", "credentials are kept there"),
        ("my-service-account.json", "credentials are kept there"),
        ("home/.aws/config", "credentials are kept there"),
        ("home/.ssh/known_hosts", "credentials are kept there"),
        (".netrc", "credentials are kept there"),
        (".git-credentials", "credentials are kept there"),
        (".bash_history", "what was typed there may hold passwords"),
        (".ENV.", "settings like these hold passwords"),
        (".e\u200bnv", "settings like these hold passwords"),
        (".env::$DATA", "settings like these hold passwords"),
    ],
)
def test_secrets_are_known_by_name(path: str, why: str) -> None:
    assert why_secret(path) == why


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.sample.local", "env.py", "config/environment.ts", "id_rsa.pub", "id_mapping.py"),
        *("credentials.py", "tests/test_credentials.py", "secrets.py", "docs/credentials.md", ".npmrc", "keys.py"),
        *("credentials.yml.enc", "", "CREDENTIALS.PY", "credentials.md."),
    ],
)
def test_what_is_no_secret_by_name(path: str) -> None:
    assert why_secret(path) is None


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (".npmrc", "registry=r\n//r/:_authToken=npm_abcdef123\n", "it holds a token or a password"),
        ("x/.pypirc", "[pypi]\npassword = pypi-AgEIcHlwaS5vcmc\n", "it holds a token or a password"),
        (".envrc", "export AWS_SECRET_ACCESS_KEY=abcdefghij\n", "it holds a token or a password"),
        ("settings.xml", "<password>hunter22</password>", "it holds a token or a password"),
        ("NuGet.Config", '<add key="ClearTextPassword" value="hunter22" />', "it holds a token or a password"),
        ("deploy", "\n-----BEGIN OPENSSH PRIVATE KEY-----\n", "it holds a private key"),
        ("x.json", '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}', "it holds a private key"),
    ],
)
def test_secrets_are_known_by_content_where_the_name_says_nothing(path: str, text: str, why: str) -> None:
    assert why_secret_text(path, text) == why


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".npmrc", "registry=r\n//r/:_authToken=${NPM_TOKEN}\n"),
        (".envrc", "use flake\nexport TOKEN=$(pass show token)\n"),
        ("settings.py", "PASSWORD = 'hunter22'\n"),
        ("test_keys.py", "KEY = '''-----BEGIN RSA PRIVATE KEY-----'''\n"),
        ("x.pub", "ssh-ed25519 AAAA"),
        ("x.json", '{"token": "abcdefgh"}'),
    ],
)
def test_what_is_no_secret_by_content(path: str, text: str) -> None:
    assert why_secret_text(path, text) is None


def test_which_names_leave_it_open() -> None:
    assert all(map(may_hold_secret, [".npmrc", "x/deploy_key", "firebase.json", ".NPMRC"]))
    assert not any(map(may_hold_secret, ["a.py", "notes.txt", "x.y/a.toml"]))


def test_the_values_of_a_secret_file_are_those_that_must_not_be_seen() -> None:
    text = (
        "# comment\nAPI_KEY=sk-live-1234567\nexport DB_PASSWORD = 'hunter2-hunter2'\n"
        "DB_HOST=localhost.example\nPIN_TOKEN=1234\n"
        "DATABASE_URL=postgres://u:pw@db/x\nDOCS=https://example.com/docs\n" + "A" * 64 + "\n"
    )
    assert secret_values(text) == {"sk-live-1234567", "hunter2-hunter2", "postgres://u:pw@db/x", "A" * 64}
    assert secret_values('{"client_secret": "abcdefgh12", "type": "web-application"}') == {"abcdefgh12"}
    assert secret_values("//r/:_authToken=npm_abcdefgh") == {"npm_abcdefgh"}
