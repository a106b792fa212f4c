"""Which files run code on the machine of whoever accepts a change to them: settings, hooks, workflows, build scripts.

Judges a path by its names alone, whether the file exists or not and however the name is spelt (`patch.spelling`). What
is named here need not be bad: it is shown to the user before it is written. Knows no content and no disk.
"""

from collections.abc import Iterable

from patchwire.patch.naming import reasons
from patchwire.patch.spelling import fold, is_short

# Names that are an ordinary module deeper down (`/tasks.py`) count at the root alone.
_PATTERNS = (
    (
        "your editor acts on it",
        """
        .vscode/ .vs/ .idea/ .fleet/ .zed/ .nova/ .helix/ *.code-workspace *.sublime-project *.iml
        .vimrc .nvimrc .nvim.lua .exrc .lvimrc .dir-locals.el .dir-locals-2.el
        """,
    ),
    (
        "coding agents obey it",
        """
        .cursor/ .claude/ .codex/ .gemini/ .windsurf/ .continue/ .roo/ .kiro/ .junie/ .augment/ .amazonq/ .agents/
        .mcp.json mcp.json .cursorrules .windsurfrules .clinerules .clinerules/ .aider.conf.yml .goosehints
        agents.md agents.override.md claude.md claude.local.md gemini.md skill.md copilot-instructions.md
        .github/instructions/ .github/prompts/ .github/chatmodes/ .github/agents/ .github/skills/
        """,
    ),
    ("it decides which files a model may read", ".patchwireignore"),
    (
        "the build server runs it",
        """
        .github/workflows/ .github/actions/ .forgejo/workflows/ .gitea/workflows/ action.yml action.yaml .ci/
        .gitlab-ci.yml .gitlab-ci/ .gitlab/ci/ .circleci/ .buildkite/ .semaphore/ .teamcity/ .tekton/ .woodpecker/
        .travis.yml .drone.yml .woodpecker.yml .cirrus.yml .cirrus.star .appveyor.yml appveyor.yml buildspec.yml
        azure-pipelines*.yml .azure-pipelines/ bitbucket-pipelines.yml cloudbuild.yaml jenkinsfile jenkinsfile.*
        .readthedocs.yml .readthedocs.yaml netlify.toml vercel.json renovate.json .github/dependabot.yml
        """,
    ),
    (
        "your shell runs it",
        """
        .envrc .direnv/ .env .env.* .mise.toml mise.toml .mise/ .tool-versions shell.nix flake.nix default.nix .inputrc
        .bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zshenv .zprofile .zlogin
        """,
    ),
    (
        "building, installing or testing runs it",
        """
        makefile gnumakefile bsdmakefile makefile.* *.mk justfile .justfile *.just taskfile.yml taskfile.yaml
        setup.py setup.cfg pyproject.toml hatch_build.py tox.ini noxfile.py pavement.py versioneer.py dodo.py
        /tasks.py /build.py /fabfile.py rakefile gemfile *.gemspec
        configure configure.ac cmakelists.txt *.cmake cmakepresets.json meson.build build.ninja sconstruct wscript
        build.rs cargo.toml .cargo/ rust-toolchain rust-toolchain.toml magefile.go go.mod go.work
        *.gradle *.gradle.kts gradle.properties gradle/wrapper/ gradlew gradlew.bat pom.xml .mvn/ mvnw mvnw.cmd
        build.sbt build.xml build.bazel workspace.bazel module.bazel *.bzl .bazelrc
        *.csproj *.vbproj *.fsproj *.vcxproj *.sln *.props *.targets
        package.swift podfile mix.exs stack.yaml *.gyp *.gypi
        *.config.js *.config.cjs *.config.mjs *.config.ts *.config.mts *.config.cts gulpfile.* gruntfile.* .babelrc*
        .eslintrc* .prettierrc* .stylelintrc* .lintstagedrc* turbo.json nx.json deno.json deno.jsonc
        conftest.py pytest.ini .pytest.ini pytest.toml .coveragerc .mocharc.* jest.setup.* vitest.setup.* .rspec
        """,
    ),
    (
        "Python runs it at start-up",
        "sitecustomize.py usercustomize.py *.pth pyvenv.cfg .venv/ venv/ __pycache__/ *.pyc",
    ),
    (
        "package managers act on it",
        """
        package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml lerna.json
        .npmrc .yarnrc .yarnrc.yml .yarn/ .pnpmfile.cjs bunfig.toml node_modules/
        requirements*.txt constraints*.txt pip.conf pip.ini .pypirc uv.toml uv.lock poetry.toml poetry.lock pdm.lock
        pipfile pipfile.lock .condarc environment.yml cargo.lock go.sum gemfile.lock composer.json nuget.config
        """,
    ),
    (
        "git acts on it",
        ".git/ .gitattributes .gitmodules .gitconfig .gitignore .git-* .lfsconfig .hg/ .hgrc .svn/",
    ),
    (
        "git hooks run it",
        """
        .pre-commit-config.yaml .pre-commit-hooks.yaml .husky/ .huskyrc* .githooks/ .overcommit.yml
        lefthook.yml lefthook.yaml .lefthook.yml .lefthook/ simple-git-hooks.* .simple-git-hooks.*
        """,
    ),
    (
        "starting its container runs it",
        """
        .devcontainer/ .devcontainer.json dockerfile dockerfile.* *.dockerfile containerfile containerfile.*
        docker-compose*.yml docker-compose*.yaml compose.yml compose.yaml compose.*.yml compose.*.yaml
        vagrantfile .gitpod.yml .replit devfile.yaml procfile skaffold.yaml tiltfile
        """,
    ),
)


_why = reasons(_PATTERNS)


def why_sensitive(path: str) -> str | None:
    """Why a change to this file may run code for whoever accepts it, in a few words; None if it does not by itself."""
    if (why := _why(path)) is not None:
        return why
    if any(map(is_short, fold(path).split("/"))):
        return "on Windows it may be the short name of another file"
    return None


def sensitive(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Those of `paths` that are sensitive, each with its reason, in order and none twice."""
    judged = ((path, why_sensitive(path)) for path in sorted(set(paths)))
    return tuple((path, why) for path, why in judged if why is not None)
