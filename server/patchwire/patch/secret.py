"""Which files may hold secrets, so that their text is kept from the model: passwords, keys, tokens.

Judges by name, and where the name decides nothing by what the file holds. Templates (`.env.example`), public halves
(`id_rsa.pub`) and source code are no secrets by name. Knows no disk.
"""

import re

from patchwire.patch.naming import reasons
from patchwire.patch.spelling import fold

_PATTERNS = (
    (
        "settings like these hold passwords",
        """
        .env .env.* *.env .flaskenv .secrets secrets.json secrets.yml secrets.yaml secrets.toml secrets.env
        *.tfstate *.tfstate.* *.tfvars *.tfvars.json local.settings.json
        """,
    ),
    (
        "it may be a private key",
        """
        *.pem *.key *.p8 *.p12 *.pfx *.pkcs12 *.jks *.keystore *.ppk *.kdb *.kdbx *.agekey *.snk secring.*
        id_rsa id_rsa.* id_dsa id_dsa.* id_ecdsa id_ecdsa.* id_ecdsa_sk id_ed25519 id_ed25519.* id_ed25519_sk
        """,
    ),
    (
        "credentials are kept there",
        """
        .ssh/ .gnupg/ .aws/ .azure/ .kube/ .docker/ .oci/ .config/gcloud/ .password-store/ .vault-token .htpasswd
        .netrc _netrc .git-credentials .pgpass pgpass.conf .my.cnf .mylogin.cnf .dockercfg .s3cfg .boto rclone.conf
        .terraformrc terraform.rc .cargo/credentials .cargo/credentials.toml .gem/credentials credentials credentials.*
        *credentials*.json client_secret*.json *service-account*.json *service_account*.json *serviceaccount*.json
        """,
    ),
    (
        "what was typed there may hold passwords",
        ".bash_history .zsh_history .python_history .psql_history .mysql_history .node_repl_history",
    ),
)
_CODE = frozenset(
    [
        "py",
        "pyi",
        "js",
        "jsx",
        "mjs",
        "cjs",
        "ts",
        "tsx",
        "mts",
        "cts",
        "go",
        "rs",
        "java",
        "kt",
        "rb",
        "php",
        "cs",
        "c",
        "cc",
        "cpp",
        "h",
        "hpp",
        "swift",
        "scala",
        "ex",
        "exs",
        "md",
        "rst",
        "html",
        "css",
    ]
)
_HARMLESS = re.compile(
    r".*\.(?:pub|enc|gpg|age|sops)"
    r"|(?:.*[._-])?(?:example|sample|template|tmpl|dist|defaults?|schema)(?:[._-].*)?"
)
_TOKEN_FILES = frozenset(
    {".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", "pip.conf", "pip.ini", ".condarc", "bunfig.toml", "nuget.config"}
    | {".envrc", "gradle.properties", "settings.xml", "auth.json"}
)
_TOKEN = re.compile(
    r"(?:token|passw(?:or)?d|secret|_auth|api_?key|access_?key)s?[\"']?\s*(?:[:=>]|\svalue=)\s*[\"']?[^\s\"'$<{*]{6}",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_ASSIGNED = re.compile(r"([\w.-]+)[\"']?\s*[:=]\s*[\"']?([^\s\"',<>]{8,4096})")
_NAME_OF_SECRET = re.compile(r"key|token|secret|pass|pwd|credential|auth|dsn", re.IGNORECASE)
_BODY_OF_KEY = re.compile(r"^[A-Za-z0-9+/=_-]{40,}$", re.MULTILINE)

_why = reasons(_PATTERNS)


def why_secret(path: str) -> str | None:
    """Why this file may hold secrets, judged by its name; None if the name does not say so."""
    if path.rpartition(".")[2] in _CODE:  # most files are code, and searches ask about every file there is
        return None
    if (why := _why(path)) is None:
        return None
    name = fold(path).rpartition("/")[2]
    return None if _HARMLESS.fullmatch(name) or name.rpartition(".")[2] in _CODE else why


def may_hold_secret(path: str) -> bool:
    """Whether the name leaves it open, so that only the text can tell."""
    name = fold(path).rpartition("/")[2]
    return name in _TOKEN_FILES or "." not in name or name.endswith(".json")


def why_secret_text(path: str, text: str) -> str | None:
    """Why the text of this file is a secret, for what names do not say: a token in settings, a key under any name."""
    name = fold(path).rpartition("/")[2]
    if name in _TOKEN_FILES and _TOKEN.search(text):
        return "it holds a token or a password"
    if _PRIVATE_KEY.match(text.lstrip()) or (name.endswith(".json") and _PRIVATE_KEY.search(text)):
        return "it holds a private key"
    return None


def secret_values(text: str) -> frozenset[str]:
    """What must not be seen of a secret file's text: values of telling names, URLs with passwords, lines of keys.

    Short values are left out: they would be found in places that they do not come from.
    """
    assigned = (
        value
        for name, value in _ASSIGNED.findall(text)
        if _NAME_OF_SECRET.search(name) or ("://" in value and "@" in value)
    )
    return frozenset(assigned) | frozenset(_BODY_OF_KEY.findall(text))
